// A chain of HTTPS services that echo a request's id: a front, which calls what stands behind it, a back, and a load
// generator.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
	TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
	MaxIdleConnsPerHost: 64,
}}

func get(address string) (int, error) {
	answer, err := client.Get(address)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// /size/N?request=ID&status=S: N bytes. /call/X...: the same, after a call of /X... at the target.
func serve(listen, certificate, key, target string, http2 bool) error {
	handler := func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if strings.HasPrefix(path, "/call") {
			inner := strings.TrimPrefix(path, "/call")
			if _, err := get(target + inner + "?" + r.URL.RawQuery); err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			path = inner
		}
		io.Copy(io.Discard, r.Body)
		size, _ := strconv.Atoi(strings.TrimPrefix(path, "/size/"))
		w.Header().Set("Content-Length", strconv.Itoa(size))
		if status, err := strconv.Atoi(r.URL.Query().Get("status")); err == nil {
			w.WriteHeader(status)
		}
		io.CopyN(w, zeros{}, int64(size))
	}
	server := &http.Server{Addr: listen, Handler: http.HandlerFunc(handler)}
	if !http2 {
		server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	if certificate == "" {
		return server.ListenAndServe()
	}
	return server.ListenAndServeTLS(certificate, key)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// Sends each id once and prints how many were answered with its status.
func load(target, paths, ids string, requests, concurrency int) int64 {
	var right, next atomic.Int64
	var group sync.WaitGroup
	kinds := strings.Split(paths, ",")
	for i := 0; i < concurrency; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := next.Add(1) - 1; n < int64(requests); n = next.Add(1) - 1 {
				want := 200 + int(n%7)/6*204 // 404 now and then
				id := url.QueryEscape(fmt.Sprintf("%s-%d", ids, n))
				got, err := get(fmt.Sprintf("%s%s?request=%s&status=%d", target, kinds[n%int64(len(kinds))], id, want))
				if err != nil {
					log.Print(err)
				} else if got == want {
					right.Add(1)
				}
			}
		}()
	}
	group.Wait()
	return right.Load()
}

func main() {
	listen := flag.String("listen", "", "address to serve on; none: send load")
	certificate := flag.String("certificate", "", "file; none: plain HTTP")
	key := flag.String("key", "", "file")
	target := flag.String("target", "", "URL of the next service")
	paths := flag.String("paths", "/call/size/100", "to ask for, in turn")
	ids := flag.String("ids", "r", "prefix of the requests' ids")
	requests := flag.Int("requests", 1000, "")
	concurrency := flag.Int("concurrency", 64, "")
	http2 := flag.Bool("http2", false, "speak it where both ends can")
	flag.Parse()
	client.Transport.(*http.Transport).ForceAttemptHTTP2 = *http2
	if *listen != "" {
		log.Fatal(serve(*listen, *certificate, *key, *target, *http2))
	}
	fmt.Println(load(*target, *paths, *ids, *requests, *concurrency))
}
