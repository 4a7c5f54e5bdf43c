package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// backend is a service that core calls. All of them share one client and its pool of connections.
type backend struct {
	client *http.Client
	url    string
}

type statusError struct {
	status int
	body   string
}

func (e *statusError) Error() string { return fmt.Sprintf("answered %d: %s", e.status, e.body) }

func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func (b backend) post(ctx context.Context, path, id string, body any) (map[string]any, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.target(path, id), bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return b.do(request)
}

func (b backend) get(ctx context.Context, path, id string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.target(path, id), nil)
	if err != nil {
		return err
	}
	_, err = b.do(request)
	return err
}

func (b backend) target(path, id string) string {
	if id == "" {
		return b.url + path
	}
	return b.url + path + "?request=" + url.QueryEscape(id)
}

func (b backend) do(request *http.Request) (map[string]any, error) {
	response, err := b.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		return nil, &statusError{response.StatusCode, string(bytes.TrimSpace(body))}
	}
	var result map[string]any
	if err := json.Unmarshal(body, &result); err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	return result, nil
}
