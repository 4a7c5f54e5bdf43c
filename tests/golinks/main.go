// Golinks is a service that calls another one in every way a Go program can, the service it calls, and the load. Each request
// carries an id, `?request=`, and so does each call that it causes.
package main

import (
	"flag"
	"log"
)

func main() {
	mode := flag.String("mode", "front", "front, back or load")
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on")
	target := flag.String("target", "", "URL of the service to call")
	tlsTarget := flag.String("tls-target", "", "URL of the same service with TLS")
	tlsListen := flag.String("tls-listen", "", "address to serve on with TLS")
	variants := flag.String("variants", "direct", "comma-separated ways to call (load)")
	ids := flag.String("ids", "r", "prefix of request ids (load)")
	requests := flag.Int("requests", 1000, "how many (load)")
	concurrency := flag.Int("concurrency", 64, "requests at a time (load)")
	delay := flag.Duration("delay", 0, "longest time that an answer takes (back)")
	flag.Parse()
	switch *mode {
	case "front":
		log.Fatal(newFront(*target, *tlsTarget).serve(*listen))
	case "back":
		log.Fatal(serveBack(*listen, *tlsListen, *delay))
	case "load":
		sendLoad(*target, *variants, *ids, *requests, *concurrency)
	default:
		log.Fatalf("unknown mode %q: front, back or load", *mode)
	}
}
