// core is the public API of the demo: it takes transactions, asks the database service about them, and has a
// receipt made for each one that succeeded. It holds no telemetry library: what is known about it is what tarsier sees.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
)

type transaction struct {
	UserID    string  `json:"user_id"`
	Amount    float64 `json:"amount"`
	Operation string  `json:"operation"`
}

type server struct {
	database backend
	receipt  backend
}

func main() {
	listen := flag.String("listen", ":8080", "address to listen on")
	database := flag.String("database", env("DATABASE_URL", "http://127.0.0.1:8081"), "base URL of the database service")
	receipt := flag.String("receipt", env("RECEIPT_URL", "http://127.0.0.1:8082"), "base URL of the receipt service; empty: none")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))

	client := newClient()
	s := &server{database: backend{client, *database}, receipt: backend{client, *receipt}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/transaction", s.randomBalanceCheck)
	mux.HandleFunc("POST /api/transaction", s.createTransaction)
	mux.HandleFunc("GET /api/user/{id}/balance", s.balance)
	mux.HandleFunc("GET /api/health", s.health)
	slog.Info("core listens", "address", *listen)
	if err := http.ListenAndServe(*listen, mux); err != nil {
		slog.Error("core ends", "error", err)
		os.Exit(1)
	}
}

func env(name, fallback string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return fallback
}

func (s *server) randomBalanceCheck(w http.ResponseWriter, r *http.Request) {
	s.run(w, r, transaction{UserID: "user_" + strconv.Itoa(1+rand.IntN(1000)), Operation: "balance_check"})
}

func (s *server) balance(w http.ResponseWriter, r *http.Request) {
	s.run(w, r, transaction{UserID: r.PathValue("id"), Operation: "balance"})
}

func (s *server) createTransaction(w http.ResponseWriter, r *http.Request) {
	var t transaction
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&t); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"error": "the body is not a transaction: " + err.Error()})
		return
	}
	if t.Amount <= 0 {
		answer(w, http.StatusBadRequest, map[string]any{"error": "amount must be more than 0"})
		return
	}
	s.run(w, r, t)
}

// run asks the database; after a POST that it took, a receipt is made. Every call carries the caller's request id.
func (s *server) run(w http.ResponseWriter, r *http.Request, t transaction) {
	id := r.URL.Query().Get("request")
	result, err := s.database.post(r.Context(), "/db/query", id, t)
	if err == nil && r.Method == http.MethodPost && s.receipt.url != "" {
		_, err = s.receipt.post(r.Context(), "/receipt", id, t)
	}
	if err != nil {
		slog.Error("transaction failed", "user", t.UserID, "operation", t.Operation, "request", id, "error", err)
		answer(w, http.StatusInternalServerError, map[string]any{"error": err.Error(), "request": id})
		return
	}
	slog.Info("transaction done", "user", t.UserID, "operation", t.Operation, "request", id)
	answer(w, http.StatusOK, map[string]any{"user_id": t.UserID, "operation": t.Operation, "result": result, "request": id})
}

func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.database.get(r.Context(), "/db/health", r.URL.Query().Get("request")); err != nil {
		var refused *statusError
		slog.Warn("database unhealthy", "error", err, "answered", errors.As(err, &refused))
		answer(w, http.StatusServiceUnavailable, map[string]any{"status": "unhealthy", "database": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{"status": "healthy"})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
