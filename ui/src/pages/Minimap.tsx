import { useEffect, useRef } from "react";
import type { Trace } from "../engine/otlp";
import { serviceColor } from "../data/services";
import { usePalette } from "../data/theme";
import { useSize } from "../widgets/useSize";

// The whole trace in a strip: each span a line at its place.
export function Minimap({ trace }: { trace: Trace }) {
  const [box, size] = useSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = usePalette();
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || size.width === 0) return;
    const scale = devicePixelRatio;
    const [w, h] = [size.width * scale, size.height * scale];
    canvas.current!.width = w;
    canvas.current!.height = h;
    const total = trace.durationMs || 1;
    const line = Math.max(1, h / trace.spans.length);
    trace.spans.forEach((s, i) => {
      context.fillStyle = s.error ? "#F2495C" : serviceColor(s.service, palette);
      context.fillRect(
        (s.startMs / total) * w,
        (i / trace.spans.length) * h,
        Math.max(1, (s.durationMs / total) * w),
        Math.max(1, line * 0.8),
      );
    });
  }, [trace, size, palette]);
  return (
    <div className="minimap" ref={box} aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
}
