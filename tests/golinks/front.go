package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"math/rand"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// job is work for a pool of goroutines.
type job struct {
	ctx     context.Context
	id      string
	variant string
	done    chan struct{}
}

type contextKey struct{}

type front struct {
	target, tlsTarget string
	client            *http.Client
	small             *http.Client // two connections for everybody
	proxy             *httputil.ReverseProxy
	jobs, lazyJobs    chan job
	lazy              sync.Once
}

func newFront(target, tlsTarget string) *front {
	transport := &http.Transport{
		MaxIdleConns: 256, MaxIdleConnsPerHost: 32,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
	back, err := url.Parse(target)
	if err != nil {
		log.Fatal(err)
	}
	f := &front{
		target: target, tlsTarget: tlsTarget,
		client:   &http.Client{Transport: transport},
		small:    &http.Client{Transport: &http.Transport{MaxConnsPerHost: 2, MaxIdleConnsPerHost: 2}, Timeout: time.Minute},
		proxy:    httputil.NewSingleHostReverseProxy(back),
		jobs:     make(chan job),
		lazyJobs: make(chan job),
	}
	f.proxy.Transport = transport
	for i := 0; i < 16; i++ {
		go f.work(f.jobs)
	}
	return f
}

func (f *front) serve(listen string) error {
	return http.ListenAndServe(listen, f)
}

func (f *front) work(jobs chan job) {
	for j := range jobs {
		f.call(j.ctx, f.client, j.id, j.variant)
		close(j.done)
	}
}

// hand gives the call to a pool and waits for it.
func (f *front) hand(jobs chan job, ctx context.Context, id, variant string) {
	j := job{ctx, id, variant, make(chan struct{})}
	jobs <- j
	<-j.done
}

func (f *front) call(ctx context.Context, client *http.Client, id, variant string) {
	base := f.target
	if variant == "tls" {
		base = f.tlsTarget
	}
	f.send(ctx, client, http.MethodGet, base+"/b/"+variant+"?request="+id, nil)
}

func (f *front) send(ctx context.Context, client *http.Client, method, to string, body io.Reader) {
	request, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		log.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() == nil {
			log.Print("call: ", err)
		}
		return
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
}

// nothing is what a caller without a context passes.
var nothing = context.Background()

// together runs the calls in goroutines of their own and waits for all.
func together(calls ...func()) {
	var group sync.WaitGroup
	for _, call := range calls {
		group.Add(1)
		go func(call func()) {
			defer group.Done()
			call()
		}(call)
	}
	group.Wait()
}

func pause(longest time.Duration) {
	time.Sleep(time.Duration(rand.Int63n(int64(longest))))
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	variant, id := strings.TrimPrefix(r.URL.Path, "/v/"), r.URL.Query().Get("request")
	plain := func(ctx context.Context) func() { return func() { f.call(ctx, f.client, id, variant) } }
	switch variant {
	case "none":
	case "direct", "tls":
		plain(nothing)()
	case "small": // callers queue for two connections
		f.call(nothing, f.small, id, variant)
	case "smallctx":
		f.call(r.Context(), f.small, id, variant)
	case "post":
		f.send(nothing, f.client, http.MethodPost, f.target+"/b/post?request="+id, bytes.NewReader(make([]byte, 40_000)))
	case "ctx":
		plain(r.Context())()
	case "ctxdeep":
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), contextKey{}, 1), time.Minute)
		plain(context.WithValue(ctx, contextKey{}, 2))()
		cancel()
	case "slow":
		pause(10 * time.Millisecond)
		plain(nothing)()
		pause(10 * time.Millisecond)
	case "two":
		plain(nothing)()
		plain(nothing)()
	case "par":
		together(plain(nothing), plain(nothing))
	case "parctx":
		together(plain(r.Context()), plain(r.Context()))
	case "goro":
		together(plain(nothing))
	case "deep": // three goroutines deep, with nothing handed down
		together(func() { together(func() { together(plain(nothing)) }) })
	case "deepctx":
		together(func() { together(func() { together(plain(r.Context())) }) })
	case "pool":
		f.hand(f.jobs, nothing, id, variant)
	case "poolctx":
		f.hand(f.jobs, r.Context(), id, variant)
	case "lazypool": // a pool whose goroutines the first requests start
		f.lazy.Do(func() {
			for i := 0; i < 8; i++ {
				go f.work(f.lazyJobs)
			}
		})
		f.hand(f.lazyJobs, nothing, id, variant)
	case "detached":
		go func() { pause(4 * time.Millisecond); plain(nothing)() }()
	case "detachedctx":
		ctx := withoutCancel(r.Context())
		go func() { pause(4 * time.Millisecond); plain(ctx)() }()
	case "proxy":
		r.URL.Path = "/b/proxy"
		f.proxy.ServeHTTP(w, r)
		return
	default:
		http.NotFound(w, r)
		return
	}
	io.WriteString(w, "ok "+id+"\n")
}
