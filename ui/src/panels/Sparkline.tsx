interface Props {
  times: number[];
  values: (number | null)[];
  color: string;
  fill: string;
}

// Drawn on a 100 by 100 field that stretches; the stroke keeps its width.
export function Sparkline({ times, values, color, fill }: Props) {
  const points = times
    .map((t, i) => [t, values[i]] as const)
    .filter((p): p is readonly [number, number] => p[1] !== null && p[1] !== undefined && Number.isFinite(p[1]));
  if (points.length < 2) return null;
  const [t0, t1] = [points[0]![0], points.at(-1)![0]];
  const low = Math.min(0, ...points.map((p) => p[1]));
  const high = Math.max(...points.map((p) => p[1]), low + 1e-12);
  const x = (t: number) => (((t - t0) / (t1 - t0 || 1)) * 100).toFixed(2);
  const y = (v: number) => (98 - ((v - low) / (high - low)) * 94).toFixed(2);
  const line = points.map(([t, v], i) => `${i === 0 ? "M" : "L"}${x(t)} ${y(v)}`).join("");
  return (
    <svg className="sparkline" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path d={`${line}L100 100L0 100Z`} fill={fill} />
      <path
        d={line}
        fill="none"
        stroke={color}
        strokeWidth="1.5"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
