//go:build !go1.21

package main

import (
	"context"
	"time"
)

type unending struct{ context.Context }

func (unending) Deadline() (time.Time, bool) { return time.Time{}, false }
func (unending) Done() <-chan struct{}       { return nil }
func (unending) Err() error                  { return nil }

func withoutCancel(parent context.Context) context.Context { return unending{parent} }
