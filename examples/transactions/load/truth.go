package main

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
)

type row struct {
	Method        string  `json:"method"`
	Route         string  `json:"route"`
	Status        int     `json:"status"`
	Count         int64   `json:"count"`
	RequestBytes  int64   `json:"request_body_bytes"`
	ResponseBytes int64   `json:"response_body_bytes"`
	Seconds       float64 `json:"seconds"` // sum of the durations that the client saw
}

// truth is what was sent and what came back. Any goroutine.
type truth struct {
	mutex     sync.Mutex
	byKey     map[string]*row
	Rows      []*row            `json:"rows"`
	Answered  int64             `json:"answered"`
	Failed    int64             `json:"failed"` // no answer: counted nowhere else
	Secrets   int64             `json:"secrets"`
	Errors    map[string]int64  `json:"errors"`
	StartUnix float64           `json:"start_unix"`
	EndUnix   float64           `json:"end_unix"`
	Latency   map[string]string `json:"latency"`
	latencies []time.Duration
}

func newTruth() *truth {
	return &truth{byKey: map[string]*row{}, Errors: map[string]int64{}, StartUnix: unix(time.Now())}
}

func unix(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

func (t *truth) answered(p plan, status int, size int64, took time.Duration) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	key := fmt.Sprint(p.method, p.route, status)
	r := t.byKey[key]
	if r == nil {
		r = &row{Method: p.method, Route: p.route, Status: status}
		t.byKey[key] = r
		t.Rows = append(t.Rows, r)
	}
	r.Count++
	r.RequestBytes += int64(len(p.body))
	r.ResponseBytes += size
	r.Seconds += took.Seconds()
	t.Answered++
	if p.secret {
		t.Secrets++
	}
	t.latencies = append(t.latencies, took)
}

func (t *truth) failed(p plan, err error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Failed++
	text := err.Error()
	t.Errors[text[strings.LastIndex(text, ": ")+1:]]++
}

func (t *truth) progress() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	passed := unix(time.Now()) - t.StartUnix
	return fmt.Sprintf("%5.0f s: %d answered (%.1f/s), %d failed", passed, t.Answered, float64(t.Answered)/passed, t.Failed)
}

func (t *truth) end() {
	t.EndUnix = unix(time.Now())
	sort.Slice(t.Rows, func(i, j int) bool {
		a, b := t.Rows[i], t.Rows[j]
		return a.Route+a.Method < b.Route+b.Method || (a.Route == b.Route && a.Method == b.Method && a.Status < b.Status)
	})
	sort.Slice(t.latencies, func(i, j int) bool { return t.latencies[i] < t.latencies[j] })
	t.Latency = map[string]string{}
	for name, share := range map[string]float64{"p50": 0.5, "p95": 0.95, "p99": 0.99} {
		if n := len(t.latencies); n > 0 {
			t.Latency[name] = t.latencies[int(share*float64(n-1))].String()
		}
	}
}
