package main

import (
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"time"
)

func serveBack(listen, tlsListen string, delay time.Duration) error {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if delay > 0 {
			time.Sleep(time.Duration(rand.Int63n(int64(delay))))
		}
		io.WriteString(w, "answer to "+r.URL.Query().Get("request")+"\n")
	})
	if tlsListen != "" {
		listener, err := net.Listen("tcp", tlsListen)
		if err != nil {
			return err
		}
		server := httptest.NewUnstartedServer(handler) // which brings a certificate
		server.Listener = listener
		server.StartTLS()
	}
	return http.ListenAndServe(listen, handler)
}
