// What a user sees before anything has come, and what to do about it.
export function FirstMinutes({ range }: { range: string }) {
  return (
    <section className="first" aria-label="Nothing seen yet">
      <div className="first-eyes" aria-hidden="true">
        <i />
        <i />
      </div>
      <div>
        <h2>Watching. No request has been seen in this range.</h2>
        <ol>
          <li>
            Send a request to any service on this host, for example <code>curl http://localhost:8080/</code>
          </li>
          <li>
            Its rate, latency, log line and trace show up here within 10 seconds; nothing has to be restarted or
            configured.
          </li>
          <li>
            Still empty? <code>tarsier doctor</code> says what this kernel allows and what to do about the rest
            {range === "now-5m" ? "" : "; a longer range may hold older data"}.
          </li>
        </ol>
      </div>
    </section>
  );
}
