// Colours: Grafana's names and classic palette, contrast, and mixing. All as #rrggbb.
export const CLASSIC = [
  "#73BF69",
  "#F2CC0C",
  "#5794F2",
  "#FF9830",
  "#F2495C",
  "#B877D9",
  "#37872D",
  "#E0B400",
  "#1F60C4",
  "#FA6400",
  "#C4162A",
  "#8F3BB8",
  "#96D98D",
  "#FFEE52",
  "#8AB8FF",
  "#FFB357",
  "#FF7383",
  "#CA95E5",
  "#56A64B",
  "#3274D9",
];

const HUES: Record<string, string[]> = {
  red: ["#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"],
  orange: ["#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"],
  yellow: ["#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"],
  green: ["#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"],
  blue: ["#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"],
  purple: ["#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"],
};
const SHADES = ["super-light-", "light-", "", "semi-dark-", "dark-"];
const NAMED = new Map<string, string>(
  Object.entries(HUES).flatMap(([hue, shades]) => shades.map((hex, i) => [SHADES[i]! + hue, hex] as [string, string])),
);
for (const [name, hex] of Object.entries({
  white: "#FFFFFF",
  black: "#000000",
  gray: "#8E8E8E",
  grey: "#8E8E8E",
  transparent: "#00000000",
  cyan: "#5DD3D3",
  magenta: "#E0558B",
  pink: "#FF85B3",
  brown: "#A9743D",
  text: "#9AA3B2",
  "dark-gray": "#5A5A5A",
  lightgreen: "#96D98D",
  lightblue: "#8AB8FF",
}))
  NAMED.set(name, hex);

export function resolveColor(name: string): string {
  const named = NAMED.get(name.toLowerCase());
  if (named) return named;
  if (/^#[0-9a-f]{3}$/i.test(name)) return "#" + [...name.slice(1)].map((c) => c + c).join("");
  if (/^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(name)) return name;
  const rgb = /^rgba?\(\s*([\d.]+)[,\s]+([\d.]+)[,\s]+([\d.]+)/.exec(name);
  return rgb ? toHex([Number(rgb[1]), Number(rgb[2]), Number(rgb[3])]) : "#8E8E8E";
}

type Rgb = [number, number, number];
export function rgb(hex: string): Rgb {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as Rgb;
}
function toHex(parts: Rgb): string {
  return (
    "#" +
    parts
      .map((p) =>
        Math.max(0, Math.min(255, Math.round(p)))
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")
  );
}
export function mix(a: string, b: string, share: number): string {
  const [x, y] = [rgb(a), rgb(b)];
  return toHex(x.map((v, i) => v + (y[i]! - v) * share) as Rgb);
}
export function alpha(hex: string, opacity: number): string {
  const [r, g, b] = rgb(hex);
  return `rgba(${r}, ${g}, ${b}, ${opacity})`;
}

function luminance(hex: string): number {
  const [r, g, b] = rgb(hex).map((v) =>
    v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
  ) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
  return (x + 0.05) / (y + 0.05);
}
// The colour, moved towards black or white until it can be read on the background.
const readable = new Map<string, string>();
export function readableOn(color: string, background: string, wanted = 4.5): string {
  const key = color + background + wanted;
  let result = readable.get(key);
  if (!result) {
    const pole = luminance(background) > 0.4 ? "#000000" : "#ffffff";
    result = color.slice(0, 7);
    for (let share = 0.08; contrast(result, background) < wanted && share <= 1; share += 0.08) {
      result = mix(color.slice(0, 7), pole, share);
    }
    if (readable.size > 2000) readable.clear();
    readable.set(key, result);
  }
  return result;
}
export function textOn(background: string): string {
  return contrast(background, "#16181d") > contrast(background, "#ffffff") ? "#16181d" : "#ffffff";
}

// A surface in a state's colour, dimmed a little and then as far as its text needs.
export function filled(color: string, dim: number): { background: string; text: string } {
  for (let share = dim; ; share += 0.06) {
    const background = mix(color, "#000000", share);
    const text = textOn(background);
    if (contrast(background, text) >= 4.5 || share > 0.8) return { background, text };
  }
}

// Continuous schemes by their stops.
const SCHEMES: Record<string, string[]> = {
  "continuous-GrYlRd": ["green", "yellow", "red"],
  "continuous-RdYlGr": ["red", "yellow", "green"],
  "continuous-BlYlRd": ["dark-blue", "super-light-yellow", "dark-red"],
  "continuous-YlRd": ["super-light-yellow", "dark-red"],
  "continuous-BlPu": ["dark-blue", "super-light-purple"],
  "continuous-YlBl": ["super-light-yellow", "dark-blue"],
  "continuous-blues": ["#1b2a41", "dark-blue", "super-light-blue"],
  "continuous-reds": ["#3b1820", "dark-red", "super-light-red"],
  "continuous-greens": ["#18301b", "dark-green", "super-light-green"],
  "continuous-purples": ["#2a1b3b", "dark-purple", "super-light-purple"],
};
export function schemeColor(mode: string, share: number): string | undefined {
  const stops = SCHEMES[mode]?.map(resolveColor);
  if (!stops) return undefined;
  const position = Math.max(0, Math.min(1, share)) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(position));
  return mix(stops[index]!, stops[index + 1]!, position - index);
}
