//go:build tools

// Pins the real Prometheus that the differential test runs beside ours.
package promql

import _ "github.com/prometheus/prometheus/cmd/prometheus"
