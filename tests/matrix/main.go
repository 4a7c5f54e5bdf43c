// Matrix is a service that calls out with one client or another, from a handler of one server or another. Each request carries
// an id, `?request=PREFIX-NUMBER`, which every call that it causes shows again: HTTP calls in their query, those to databases in
// the code of an error that they ask for.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// caller makes the call that belongs to a request.
type caller func(id string, number int) error

// answer runs /v/CLIENT-HOW for a request: `direct` in the handler's goroutine, `goro` in one that it starts.
func answer(callers map[string]caller, path, id string) error {
	client, how, _ := strings.Cut(strings.TrimPrefix(path, "/v/"), "-")
	call := callers[client]
	if client == "none" {
		return nil
	}
	if call == nil {
		return errors.New("no such client: " + client)
	}
	_, digits, _ := strings.Cut(id, "-")
	number, err := strconv.Atoi(digits)
	if err != nil {
		return err
	}
	if how != "goro" {
		return call(id, number)
	}
	done := make(chan error)
	go func() { done <- call(id, number) }()
	return <-done
}

func serveNetHTTP(listen string, callers map[string]caller) error {
	return http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := answer(callers, r.URL.Path, r.URL.Query().Get("request")); err != nil {
			log.Print(r.URL, ": ", err)
			w.WriteHeader(http.StatusInternalServerError)
		}
		io.WriteString(w, "done\n")
	}))
}

func serveFastHTTP(listen string, callers map[string]caller) error {
	return fasthttp.ListenAndServe(listen, func(ctx *fasthttp.RequestCtx) {
		if err := answer(callers, string(ctx.Path()), string(ctx.QueryArgs().Peek("request"))); err != nil {
			log.Print(string(ctx.RequestURI()), ": ", err)
			ctx.SetStatusCode(fasthttp.StatusInternalServerError)
		}
		fmt.Fprintln(ctx, "done")
	})
}

func main() {
	server := flag.String("server", "nethttp", "nethttp or fasthttp")
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on")
	var to targets
	flag.StringVar(&to.http, "http", "", "URL of the HTTP service to call")
	flag.StringVar(&to.postgresql, "postgresql", "", "URL of a database")
	flag.StringVar(&to.mysql, "mysql", "", "data source name of a database")
	flag.StringVar(&to.redis, "redis", "", "address")
	flag.Parse()
	callers := to.callers()
	switch *server {
	case "nethttp":
		log.Fatal(serveNetHTTP(*listen, callers))
	case "fasthttp":
		log.Fatal(serveFastHTTP(*listen, callers))
	default:
		log.Fatalf("unknown server %q: nethttp or fasthttp", *server)
	}
}
