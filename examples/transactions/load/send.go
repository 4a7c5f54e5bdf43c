package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// plan is one request of the mix.
type plan struct {
	method, path, route string
	body                string
	secret              bool // carries a ?token= that must never be stored
}

// plan makes the mix: 40 % random balance checks, 30 % transactions, 20 % balances, 5 % bad amounts, 5 % health checks.
// One request in ten carries a secret.
func (s *sender) plan(n int) plan {
	user := 1 + rand.IntN(1000)
	var p plan
	switch share := rand.IntN(100); {
	case share < 40:
		p = plan{method: http.MethodGet, path: "/api/transaction", route: "/api/transaction"}
	case share < 70:
		p = plan{method: http.MethodPost, path: "/api/transaction", route: "/api/transaction",
			body: fmt.Sprintf(`{"user_id":"user_%d","amount":%.2f,"operation":"deposit"}`, user, 1+rand.Float64()*500)}
	case share < 90:
		p = plan{method: http.MethodGet, path: fmt.Sprintf("/api/user/user_%d/balance", user), route: "/api/user/{id}/balance"}
	case share < 95:
		p = plan{method: http.MethodPost, path: "/api/transaction", route: "/api/transaction",
			body: fmt.Sprintf(`{"user_id":"user_%d","amount":0,"operation":"withdraw"}`, user)}
	default:
		p = plan{method: http.MethodGet, path: "/api/health", route: "/api/health"}
	}
	p.path += fmt.Sprintf("?request=%s-%d", s.idPrefix, n)
	if p.secret = n%10 == 0; p.secret {
		p.path += fmt.Sprintf("&token=%s%d", secretPrefix, n)
	}
	return p
}

// Every secret value begins with this, so that a test can look for it on disk.
const secretPrefix = "tarsier-demo-secret-"

type sender struct {
	client   *http.Client
	target   string
	idPrefix string
	truth    *truth
}

func newSender(o options, truth *truth) *sender {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = o.concurrency
	transport.DisableCompression = true
	return &sender{&http.Client{Transport: transport, Timeout: 30 * time.Second}, o.target, o.idPrefix, truth}
}

func (s *sender) send(n int) {
	p := s.plan(n)
	request, err := http.NewRequest(p.method, s.target+p.path, bytes.NewReader([]byte(p.body)))
	if err != nil {
		s.truth.failed(p, err)
		return
	}
	if p.body == "" {
		request.Body, request.ContentLength = nil, 0
	}
	begin := time.Now()
	response, err := s.client.Do(request)
	if err != nil {
		s.truth.failed(p, err)
		return
	}
	defer response.Body.Close()
	size, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		s.truth.failed(p, err)
		return
	}
	s.truth.answered(p, response.StatusCode, size, time.Since(begin))
}
