// Which options of a panel we draw. Anything else that a dashboard sets is named to the reader.
import { obj, type Json } from "../json";

const VALUE =
  "reduceOptions orientation text showThresholdLabels showThresholdMarkers minVizWidth minVizHeight sizing tarsier";
const OPTIONS: Record<string, string> = {
  timeseries: "legend tooltip tarsier",
  stat: `${VALUE} colorMode graphMode textMode justifyMode wideLayout percentChangeColorMode showPercentChange`,
  gauge: VALUE,
  bargauge: `${VALUE} displayMode valueMode namePlacement showUnfilled legend maxVizHeight`,
  piechart: "reduceOptions legend tooltip pieType displayLabels sort tarsier",
  table: "showHeader sortBy frameIndex footer cellHeight tarsier frozenColumns",
  logs: "showTime showLabels wrapLogMessage sortOrder dedupStrategy enableLogDetails showCommonLabels prettifyLogMessage enableInfiniteScrolling showControls fontSize",
  traces: "tarsier",
  text: "content mode code",
};
const CUSTOM: Record<string, string> = {
  timeseries:
    "drawStyle lineWidth fillOpacity lineInterpolation spanNulls stacking showPoints pointSize lineStyle thresholdsStyle axisLabel axisSoftMin axisSoftMax axisPlacement scaleDistribution fillBelowTo hideFrom transform barAlignment gradientMode axisColorMode axisBorderShow axisCenteredZero axisGridShow insertNulls barWidthFactor showValues lineColor axisWidth barMaxWidth",
  table:
    "align cellOptions displayMode width hidden inspect filterable minWidth hideFrom wrapText footer wrapHeaderText",
};
const DEFAULTS =
  "unit decimals min max displayName displayNameFromDS thresholds mappings color noValue custom filterable description fieldMinMax nullValueMode writeable unitScale";
// Values that ask for nothing.
const EMPTY = new Set<unknown>([undefined, null, "", "auto", "none", "off", false]);
// Values of known options that we draw as something simpler.
const PARTLY: [string, (value: unknown) => boolean][] = [
  ["custom.gradientMode", (v) => v === "hue" || v === "scheme"],
  ["custom.axisCenteredZero", (v) => v === true],
  ["custom.scaleDistribution", (v) => obj(v).type === "symlog"],
  ["options.dedupStrategy", (v) => !EMPTY.has(v)],
  ["options.footer", (v) => obj(v).show === true],
];

export function ignoredOptions(type: string, panel: Json): string[] {
  const known = OPTIONS[type];
  if (known === undefined) return [];
  const defaults = obj(obj(panel.fieldConfig).defaults);
  const names = [
    ...unknownKeys("options", panel.options, known),
    ...unknownKeys("field", defaults, DEFAULTS),
    ...unknownKeys("custom", defaults.custom, CUSTOM[type] ?? Object.values(CUSTOM).join(" ")),
    ...PARTLY.filter(([path, test]) => {
      const [where, key] = path.split(".") as [string, string];
      return test(obj(where === "custom" ? defaults.custom : panel.options)[key]);
    }).map(([path]) => path),
  ];
  if (typeof panel.libraryPanel === "object" && panel.targets === undefined) names.push("libraryPanel");
  return [...new Set(names)];
}

function unknownKeys(where: string, value: unknown, known: string): string[] {
  const set = new Set(known.split(" "));
  return Object.entries(obj(value))
    .filter(([key, v]) => !set.has(key) && !EMPTY.has(v) && !(typeof v === "object" && Object.keys(v!).length === 0))
    .map(([key]) => `${where}.${key}`);
}
