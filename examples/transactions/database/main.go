// database plays a database server with a mind of its own: it answers within 50 to 150 ms and fails now and then, and from
// time to time an incident makes it slow, broken or both.
package main

import (
	"encoding/json"
	"flag"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

type query struct {
	UserID    string  `json:"user_id"`
	Amount    float64 `json:"amount"`
	Operation string  `json:"operation"`
}

type server struct {
	incidents *incidents
	speedup   float64 // every wait is divided by it
	queries   atomic.Int64
	failures  atomic.Int64
}

func main() {
	listen := flag.String("listen", ":8081", "address to listen on")
	speedup := flag.Float64("speedup", 1, "divide every latency and incident time by this")
	random := flag.Bool("incidents", true, "let incidents begin by themselves")
	initial := flag.String("incident", "", "incident to start with: "+incidentNames())
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))

	s := &server{incidents: &incidents{}, speedup: *speedup}
	if *initial != "" {
		if err := s.incidents.begin(*initial, s.scaled(90*time.Second)); err != nil {
			slog.Error("database ends", "error", err)
			os.Exit(2)
		}
	}
	if *random {
		go s.incidents.happen(s.scaled)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /db/query", s.query)
	mux.HandleFunc("GET /db/health", s.health)
	mux.HandleFunc("GET /db/metrics", s.metrics)
	mux.HandleFunc("POST /db/incident", s.beginIncident)
	mux.HandleFunc("DELETE /db/incident", s.endIncident)
	slog.Info("database listens", "address", *listen)
	if err := http.ListenAndServe(*listen, mux); err != nil {
		slog.Error("database ends", "error", err)
		os.Exit(1)
	}
}

func (s *server) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / s.speedup) }

func (s *server) query(w http.ResponseWriter, r *http.Request) {
	var q query
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
		return
	}
	id := r.URL.Query().Get("request")
	kind := s.incidents.current()
	s.queries.Add(1)
	time.Sleep(s.scaled(kind.latency()))
	if rand.Float64() < kind.errorRate {
		s.failures.Add(1)
		slog.Error("query failed", "operation", q.Operation, "user", q.UserID, "cause", kind.name, "request", id)
		answer(w, http.StatusInternalServerError, map[string]any{"error": "query failed: " + kind.name, "request": id})
		return
	}
	slog.Info("query done", "operation", q.Operation, "user", q.UserID, "request", id)
	answer(w, http.StatusOK, map[string]any{"balance": 100 + rand.IntN(10_000), "request": id})
}

func (s *server) health(w http.ResponseWriter, r *http.Request) {
	kind := s.incidents.current()
	if kind.errorRate >= 0.5 {
		answer(w, http.StatusServiceUnavailable, map[string]any{"status": "unhealthy", "incident": kind.name})
		return
	}
	answer(w, http.StatusOK, map[string]any{"status": "healthy"})
}

func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"queries": s.queries.Load(), "failures": s.failures.Load(), "incident": s.incidents.current().name})
}

// POST /db/incident?kind=deadlock&for=30s
func (s *server) beginIncident(w http.ResponseWriter, r *http.Request) {
	last := 90 * time.Second
	if text := r.URL.Query().Get("for"); text != "" {
		var err error
		if last, err = time.ParseDuration(text); err != nil {
			answer(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
			return
		}
	}
	if err := s.incidents.begin(r.URL.Query().Get("kind"), last); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{"incident": s.incidents.current().name, "for": last.String()})
}

func (s *server) endIncident(w http.ResponseWriter, r *http.Request) {
	s.incidents.end()
	answer(w, http.StatusOK, map[string]any{"incident": s.incidents.current().name})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
