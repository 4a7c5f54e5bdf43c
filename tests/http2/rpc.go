package main

import (
	stdcontext "context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Messages are bytes as they are, so that no code has to be generated.
type raw struct{}

func (raw) Name() string                  { return "proto" }
func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func dial(address string) *grpc.ClientConn {
	c, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})))
	if err != nil {
		log.Fatal(err)
	}
	return c
}

// A handler's own calls, which carry the trace id of its request where it can be seen.
func callOut(ctx stdcontext.Context) {
	given, _ := metadata.FromIncomingContext(ctx)
	if len(given.Get("traceparent")) == 0 {
		return
	}
	id := strings.Split(given.Get("traceparent")[0], "-")[1]
	if *web != "" {
		request, _ := http.NewRequestWithContext(ctx, "GET", "http://"+*web+"/small?request="+id, nil)
		if response, err := http.DefaultClient.Do(request); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	if *rpc != "" {
		in, out := []byte("x"), []byte(nil)
		down().Invoke(ctx, "/down.Down/"+id, &in, &out)
	}
}

var down = sync.OnceValue(func() *grpc.ClientConn { return dial(*rpc) })

// A message's first word says what becomes of it.
func unary(_ any, ctx stdcontext.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var in []byte
	if err := decode(&in); err != nil {
		return nil, err
	}
	var code int
	callOut(ctx)
	switch {
	case strings.HasPrefix(string(in), "slow"):
		time.Sleep(20 * time.Millisecond)
	case strings.HasPrefix(string(in), "code"):
		fmt.Sscanf(string(in), "code %d", &code)
		return nil, status.Error(codes.Code(code), "as asked")
	}
	return &in, nil
}

func watch(_ any, stream grpc.ServerStream) error {
	var in []byte
	if err := stream.RecvMsg(&in); err != nil {
		return err
	}
	for range 4 {
		if err := stream.SendMsg(&in); err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}

func chat(_ any, stream grpc.ServerStream) error {
	for {
		var in []byte
		if err := stream.RecvMsg(&in); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(&in); err != nil {
			return err
		}
	}
}

func serveGRPC() {
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "echo.Echo", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Unary", Handler: unary}},
		Streams: []grpc.StreamDesc{
			{StreamName: "Watch", Handler: watch, ServerStreams: true},
			{StreamName: "Chat", Handler: chat, ServerStreams: true, ClientStreams: true},
		},
	}, struct{}{})
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}

func callUnary(c *grpc.ClientConn, ctx stdcontext.Context, message string) error {
	in, out := []byte(message), []byte(nil)
	return c.Invoke(ctx, "/echo.Echo/Unary", &in, &out)
}

func callStream(c *grpc.ClientConn, ctx stdcontext.Context, name string, messages int) error {
	stream, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, name)
	if err != nil {
		return err
	}
	in, out := []byte("a message of a stream"), []byte(nil)
	for i := range messages {
		if err := stream.SendMsg(&in); err != nil {
			break
		}
		if messages > 1 && i < messages-1 {
			if err := stream.RecvMsg(&out); err != nil {
				return err
			}
		}
	}
	stream.CloseSend()
	for {
		if err := stream.RecvMsg(&out); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func callGRPC() {
	c := dial(*target)
	names := []string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL",
		"UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}
	load(func(i int) answer {
		ctx := stdcontext.Background()
		if *context != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", traceparent(i))
		}
		name, err := "/echo.Echo/Unary", error(nil)
		switch kindOf(i, 8) {
		case 0:
			err = callUnary(c, ctx, fmt.Sprintf("ok %d", i))
		case 1:
			err = callUnary(c, ctx, "code 5")
		case 2:
			err = callUnary(c, ctx, "big "+strings.Repeat("x", 40_000))
		case 3:
			name = "/echo.Echo/Watch"
			err = callStream(c, ctx, name, 1)
		case 4:
			name = "/echo.Echo/Chat"
			err = callStream(c, ctx, name, 3)
		case 5:
			err = callUnary(c, ctx, "slow")
		case 6:
			err = callUnary(c, ctx, "code 13")
		case 7:
			name = "/echo.Echo/Nothing"
			in, out := []byte("x"), []byte(nil)
			err = c.Invoke(ctx, name, &in, &out)
		}
		return answer{Name: name, Status: names[status.Code(err)]}
	})
}
