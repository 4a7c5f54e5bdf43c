package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"
)

func serveHTTP() {
	mux := http.NewServeMux()
	mux.HandleFunc("/small", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "seventeen letters") })
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

func callHTTP() {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: transport}
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
