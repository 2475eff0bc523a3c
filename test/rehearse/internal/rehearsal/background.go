package rehearsal

// background starts to do something. What it returns waits for the result, and
// can be called more than once.
func background[T any](do func() (T, error)) func() (T, error) {
	var value T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		value, err = do()
	}()
	return func() (T, error) {
		<-done
		return value, err
	}
}
