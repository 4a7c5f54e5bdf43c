//go:build go1.21

package main

import "context"

func withoutCancel(parent context.Context) context.Context { return context.WithoutCancel(parent) }
