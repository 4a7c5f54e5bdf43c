package main

import (
	stdcontext "context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"time"
)

func serveHTTP() {
	mux := http.NewServeMux()
	mux.HandleFunc("/small", func(w http.ResponseWriter, r *http.Request) {
		callWeb(r)
		io.WriteString(w, "seventeen letters")
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	mux.HandleFunc("/gone", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 500) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		io.WriteString(w, "slow")
	})
	server := &http.Server{Addr: *listen, Handler: mux, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	log.Fatal(server.ListenAndServe())
}

// A handler's own calls: over HTTP/1 and HTTP/2, in its goroutine and in one that it starts.
func callWeb(r *http.Request) {
	parts := strings.Split(r.Header.Get("traceparent"), "-")
	if *web == "" || len(parts) < 2 {
		return
	}
	get := func(client *http.Client, with stdcontext.Context) {
		request, _ := http.NewRequestWithContext(with, "GET", "http://"+*web+"/small?request="+parts[1], nil)
		if response, err := client.Do(request); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	get(http.DefaultClient, stdcontext.Background())
	get(http2Client(), r.Context())
	done := make(chan struct{})
	go func() {
		get(http.DefaultClient, stdcontext.Background())
		close(done)
	}()
	<-done
	if *rpc != "" {
		in, out := []byte("x"), []byte(nil)
		down().Invoke(r.Context(), "/down.Down/"+parts[1], &in, &out)
	}
}

var http2Client = sync.OnceValue(func() *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: transport}
})

func callHTTP() {
	client := http2Client()
	kinds := []struct{ method, path, body string }{
		{"GET", "/small", ""}, {"POST", "/echo", strings.Repeat("y", 40_000)}, {"GET", "/missing", ""}, {"HEAD", "/small", ""},
		{"DELETE", "/gone", ""}, {"GET", "/fail", ""}, {"GET", "/slow", ""},
	}
	load(func(i int) answer {
		kind := kinds[kindOf(i, len(kinds))]
		request, err := http.NewRequest(kind.method, "http://"+*target+kind.path, strings.NewReader(kind.body))
		if err != nil {
			log.Fatal(err)
		}
		if *context != "" {
			request.Header.Set("traceparent", traceparent(i))
		}
		a := answer{Name: kind.method + " " + kind.path, Sent: len(kind.body)}
		response, err := client.Do(request)
		if err != nil {
			log.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		a.Status, a.Received = fmt.Sprint(response.StatusCode), len(body)
		return a
	})
}
