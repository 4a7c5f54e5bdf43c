package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// kind is a way to behave: how long a query takes and how often it fails.
type kind struct {
	name      string
	errorRate float64
	from, to  time.Duration
}

var normal = kind{"none", 0.02, 50 * time.Millisecond, 150 * time.Millisecond}

var kinds = []kind{
	{"connection_timeout", 0.85, 5 * time.Second, 8 * time.Second},
	{"high_latency", 0.15, 2 * time.Second, 3 * time.Second},
	{"connection_refused", 0.95, 0, 0},
	{"deadlock", 0.40, 1 * time.Second, 3 * time.Second},
	{"disk_full", 0.70, 3 * time.Second, 3 * time.Second},
}

func (k kind) latency() time.Duration {
	if k.to <= k.from {
		return k.from
	}
	return k.from + rand.N(k.to-k.from)
}

func incidentNames() string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

// incidents holds the one that is going on, if any.
type incidents struct {
	mutex sync.Mutex
	now   kind
	until time.Time
}

func (i *incidents) current() kind {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if time.Now().Before(i.until) {
		return i.now
	}
	return normal
}

func (i *incidents) begin(name string, last time.Duration) error {
	for _, k := range kinds {
		if k.name == name {
			i.mutex.Lock()
			i.now, i.until = k, time.Now().Add(last)
			i.mutex.Unlock()
			slog.Warn("incident begins", "kind", name, "for", last.String())
			return nil
		}
	}
	return fmt.Errorf("unknown incident %q: use one of %s", name, incidentNames())
}

func (i *incidents) end() {
	i.mutex.Lock()
	i.until = time.Time{}
	i.mutex.Unlock()
}

// happen begins an incident of 15 to 90 s with probability 1/4 every 45 s.
func (i *incidents) happen(scaled func(time.Duration) time.Duration) {
	for range time.Tick(scaled(45 * time.Second)) {
		if i.current().name == normal.name && rand.IntN(4) == 0 {
			k := kinds[rand.IntN(len(kinds))]
			_ = i.begin(k.name, scaled(15*time.Second+rand.N(75*time.Second)))
		}
	}
}
