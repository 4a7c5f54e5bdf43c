export function NoData({ text = "No data in this range" }: { text?: string }) {
  return <div className="no-data">{text}</div>;
}
