package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// sendLoad asks the front in turn for each variant and prints how many were answered.
func sendLoad(target, variants, ids string, requests, concurrency int) {
	names := strings.Split(variants, ",")
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: concurrency, MaxIdleConnsPerHost: concurrency}}
	var sent, answered atomic.Int64
	var group sync.WaitGroup
	for i := 0; i < concurrency; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := sent.Add(1); n <= int64(requests); n = sent.Add(1) {
				variant := names[int(n)%len(names)]
				response, err := client.Get(fmt.Sprintf("%s/v/%s?request=%s-%d", target, variant, ids, n))
				if err != nil {
					log.Print(err)
					continue
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if response.StatusCode == http.StatusOK {
					answered.Add(1)
				}
			}
		}()
	}
	group.Wait()
	fmt.Println(answered.Load())
}
