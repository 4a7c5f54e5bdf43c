import type { PanelData } from "../engine/panelData";
import type { Panel } from "../engine/model";
import type { Range } from "../engine/time";

export interface PanelProps {
  panel: Panel;
  title: string;
  data: PanelData;
  range: Range; // of the data
  stepMs: number;
  onZoom(from: number, to: number): void;
  syncKey: string;
}
