// load sends the demo's mix of requests to core and counts what it sent and what came back, by route and status, with body
// sizes: the truth that tests and people compare with what tarsier shows. It ends by itself.
//
//	load -requests 10000 -concurrency 50 -truth truth.json
//	load -rate 20 -for 5m
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type options struct {
	target      string
	requests    int
	concurrency int
	rate        float64
	last        time.Duration
	idPrefix    string
	truth       string
	quiet       bool
}

func parse() options {
	var o options
	flag.StringVar(&o.target, "target", "http://127.0.0.1:8080", "base URL of core")
	flag.IntVar(&o.requests, "requests", 0, "requests to send; 0: until -for has passed")
	flag.IntVar(&o.concurrency, "concurrency", 50, "requests under way at most")
	flag.Float64Var(&o.rate, "rate", 0, "requests a second; 0: as fast as -concurrency allows")
	flag.DurationVar(&o.last, "for", 5*time.Minute, "time after which it ends")
	flag.StringVar(&o.idPrefix, "ids", "r", "what request ids begin with")
	flag.StringVar(&o.truth, "truth", "", "file for the counts, as JSON; empty: standard output")
	flag.BoolVar(&o.quiet, "quiet", false, "no progress on standard error")
	flag.Parse()
	return o
}

func main() {
	o := parse()
	stop := make(chan struct{})
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
		select {
		case <-signals:
		case <-time.After(o.last):
		}
		close(stop)
	}()

	truth := newTruth()
	jobs := make(chan int)
	var workers sync.WaitGroup
	sender := newSender(o, truth)
	for range o.concurrency {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range jobs {
				sender.send(n)
			}
		}()
	}
	feed(o, jobs, stop, truth)
	close(jobs)
	workers.Wait()
	truth.end()
	if err := write(o.truth, truth); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// feed hands out request numbers at the set rate until there were enough or it is told to stop.
func feed(o options, jobs chan<- int, stop <-chan struct{}, truth *truth) {
	var pace <-chan time.Time
	if o.rate > 0 {
		ticker := time.NewTicker(time.Duration(float64(time.Second) / o.rate))
		defer ticker.Stop()
		pace = ticker.C
	}
	progress := time.Now()
	for n := 0; o.requests == 0 || n < o.requests; n++ {
		if pace != nil {
			select {
			case <-pace:
			case <-stop:
				return
			}
		}
		select {
		case jobs <- n:
		case <-stop:
			return
		}
		if !o.quiet && time.Since(progress) > 5*time.Second {
			progress = time.Now()
			fmt.Fprintln(os.Stderr, truth.progress())
		}
	}
}

func write(path string, truth *truth) error {
	text, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if path == "" {
		_, err = os.Stdout.Write(text)
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
