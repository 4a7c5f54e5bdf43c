// Line icons on a 16 grid.
const PATHS: Record<string, string> = {
  chevron: "M6 4l4 4-4 4",
  down: "M4 6l4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  clock: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 5v3.2l2.2 1.3",
  refresh: "M13 8a5 5 0 11-1.6-3.7M13 2.5V5h-2.5",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3l3.2 3.2",
  zoomout: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3l3.2 3.2M5 7h4",
  sun: "M8 5.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  moon: "M13 9.5A5.5 5.5 0 016.5 3a5.5 5.5 0 106.5 6.5z",
  auto: "M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3",
  info: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 7.2v3.4M8 5.2v.1",
  warning: "M8 2.8l6 10.4H2L8 2.8zM8 6.8v3M8 11.4v.1",
  dots: "M8 3.5v.1M8 8v.1M8 12.5v.1",
  dashboards: "M2.5 2.5h5v6h-5zM9.5 2.5h4v3h-4zM9.5 7.5h4v6h-4zM2.5 10.5h5v3h-5z",
  overview: "M2 9.5h2.5l2-6 3 9 2-5h2.5",
  traces: "M2.5 3.5h7M5 8h8.5M7.5 12.5h4",
  logs: "M3 3.5h10M3 6.5h7M3 9.5h10M3 12.5h5",
  upload: "M8 10.5v-8M5 5l3-3 3 3M2.5 10.5v3h11v-3",
  link: "M6.5 9.5l3-3M7 4.5l1.3-1.3a2.6 2.6 0 013.6 3.6L10.6 8M9 11.5l-1.3 1.3a2.6 2.6 0 01-3.6-3.6L5.4 8",
  expand: "M9.5 2.5h4v4M13.5 2.5l-5 5M6.5 13.5h-4v-4M2.5 13.5l5-5",
  error: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 5v3.6M8 10.8v.1",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2l7.5 4.8L5 12.8z",
};

export function Icon({ name, size = 16 }: { name: keyof typeof PATHS | string; size?: number }) {
  return (
    <svg
      className={`icon icon-${name}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name] ?? ""} />
    </svg>
  );
}
