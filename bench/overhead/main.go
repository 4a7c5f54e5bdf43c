// The service of the overhead benchmark: it only answers, or answers after one pooled call. With -otel it
// is instrumented with the OpenTelemetry SDK the way its documentation says: otelhttp on both sides, batched
// OTLP of traces and metrics.
package main

import (
	"context"
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.26.0"
)

func startSDK(ctx context.Context, name, endpoint string) (stop func(), err error) {
	who, err := resource.Merge(resource.Default(),
		resource.NewSchemaless(semconv.ServiceName(name)))
	if err != nil {
		return nil, err
	}
	spans, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint+"/v1/traces"))
	if err != nil {
		return nil, err
	}
	points, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(endpoint+"/v1/metrics"))
	if err != nil {
		return nil, err
	}
	tracer := trace.NewTracerProvider(trace.WithBatcher(spans), trace.WithResource(who))
	meter := metric.NewMeterProvider(metric.WithResource(who),
		metric.WithReader(metric.NewPeriodicReader(points, metric.WithInterval(5*time.Second))))
	otel.SetTracerProvider(tracer)
	otel.SetMeterProvider(meter)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return func() {
		_ = tracer.Shutdown(ctx)
		_ = meter.Shutdown(ctx)
	}, nil
}

func main() {
	listen := flag.String("listen", "127.0.0.1:18080", "address to listen on")
	call := flag.String("call", "", "base URL that every request calls once")
	endpoint := flag.String("otel", "", "OTLP/HTTP base URL; empty: no SDK")
	name := flag.String("name", "bench", "service name the SDK reports")
	flag.Parse()

	ctx := context.Background()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	client := &http.Client{Transport: transport}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *call != "" {
			request, _ := http.NewRequestWithContext(r.Context(), "GET", *call+r.URL.Path, nil)
			response, err := client.Do(request)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		_, _ = io.WriteString(w, "hello\n")
	})
	if *endpoint != "" {
		stop, err := startSDK(ctx, *name, *endpoint)
		if err != nil {
			log.Fatal(err)
		}
		defer stop()
		handler = otelhttp.NewHandler(handler, "request")
		client.Transport = otelhttp.NewTransport(transport)
	}

	server := &http.Server{Addr: *listen, Handler: handler}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		_ = server.Shutdown(ctx)
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}
