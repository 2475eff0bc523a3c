package lambdaruntime

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A program may answer and ask for the next invocation before the runtime looks again: both are
// there then, in no order. The answer counts.
func TestQuickProgram(t *testing.T) {
	i := &instance{
		function: &Function{Timeout: time.Hour},
		ended:    make(chan struct{}),
		next:     make(chan invocation),
		ready:    make(chan struct{}, 1),
		outcome:  make(chan outcome, 1),
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		i.ready <- struct{}{}
		for {
			select {
			case in := <-i.next:
				i.outcome <- outcome{id: in.id, answer: in.payload}
				i.ready <- struct{}{}
			case <-ctx.Done():
				return
			}
		}
	}()
	for n := range 50_000 {
		in := invocation{id: uuid.NewString(), payload: []byte{byte(n)}, deadline: time.Now().Add(time.Hour)}
		answer, reusable, err := i.exchange(ctx, in)
		if err != nil || !reusable || len(answer) != 1 || answer[0] != byte(n) {
			t.Fatalf("invocation %d: answer %v, reusable %t, error %v", n, answer, reusable, err)
		}
	}
}
