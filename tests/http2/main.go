// Servers and clients of HTTP/2 and gRPC that know the truth: each request has a number, which its trace id is made of, and
// each client prints a line for every answer that it got.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

var (
	mode        = flag.String("mode", "", "grpc-server, grpc-client, http-server, http-client")
	listen      = flag.String("listen", "", "address of a server")
	target      = flag.String("target", "", "address that a client calls")
	web         = flag.String("web", "", "address that a server's handlers call over HTTP/1")
	rpc         = flag.String("rpc", "", "address that they call over gRPC")
	requests    = flag.Int("requests", 100, "how many; 0: until standard input ends")
	concurrency = flag.Int("concurrency", 64, "at once")
	kind        = flag.Int("kind", -1, "of requests: only these, by their number; else all in turn")
	context     = flag.String("context", "", "16 hex digits that trace ids begin with; empty: no traceparent is sent")
)

// What a client saw.
type answer struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Status   string  `json:"status"`
	Sent     int     `json:"sent"`
	Received int     `json:"received"`
	Start    int64   `json:"start"` // ns since 1970
	MS       float64 `json:"ms"`
}

func kindOf(i, kinds int) int {
	if *kind >= 0 {
		return *kind
	}
	return i % kinds
}

func traceID(i int) string { return fmt.Sprintf("%s%016x", *context, i+1) }

func traceparent(i int) string { return "00-" + traceID(i) + fmt.Sprintf("-%016x-01", i+1) }

// Calls `one` for each number, so many at once, and prints what it returns.
func load(one func(i int) answer) {
	input := bufio.NewReader(os.Stdin)
	input.ReadString('\n') // the test says when
	var next atomic.Int64
	var stop atomic.Bool
	if *requests == 0 {
		go func() {
			io.Copy(io.Discard, input)
			stop.Store(true)
		}()
	}
	var group sync.WaitGroup
	var lock sync.Mutex
	out := json.NewEncoder(os.Stdout)
	for range *concurrency {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				i := int(next.Add(1)) - 1
				if stop.Load() || *requests > 0 && i >= *requests {
					return
				}
				start := time.Now()
				a := one(i)
				a.ID, a.Start, a.MS = traceID(i), start.UnixNano(), float64(time.Since(start))/1e6
				lock.Lock()
				out.Encode(a)
				lock.Unlock()
				if *requests == 0 {
					time.Sleep(2 * time.Millisecond) // it goes on for long: not at the cost of all others
				}
			}
		}()
	}
	group.Wait()
}

func main() {
	flag.Parse()
	switch *mode {
	case "grpc-server":
		serveGRPC()
	case "grpc-client":
		callGRPC()
	case "http-server":
		serveHTTP()
	case "http-client":
		callHTTP()
	default:
		log.Fatalf("no mode is called %q", *mode)
	}
}
