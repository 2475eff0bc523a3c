package machine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// connectProxy connects who asks for the registry to it, for a name that nothing resolves where
// nobody may write into /etc/hosts; all others to what they ask for, by the machine's own proxy if
// it has one.
type connectProxy struct {
	registry, address string // both host:port
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "this proxy only connects", http.StatusMethodNotAllowed)
		return
	}
	upstream, err := p.dial(r.Context(), r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		upstream.Close()
		return
	}
	go func() {
		defer client.Close()
		defer upstream.Close()
		fmt.Fprint(client, "HTTP/1.1 200 Connection established\r\n\r\n")
		go io.Copy(upstream, buffered)
		io.Copy(client, upstream)
	}()
}

func (p *connectProxy) dial(ctx context.Context, host string) (net.Conn, error) {
	dialer := new(net.Dialer)
	if host == p.registry {
		return dialer.DialContext(ctx, "tcp", p.address)
	}
	by, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
	if err != nil {
		return nil, err
	}
	if by == nil {
		return dialer.DialContext(ctx, "tcp", host)
	}
	conn, err := dialer.DialContext(ctx, "tcp", by.Host)
	if err != nil {
		return nil, err
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: host}, Host: host, Header: http.Header{}}
	if by.User != nil {
		password, _ := by.User.Password()
		request.SetBasicAuth(by.User.Username(), password)
		request.Header["Proxy-Authorization"] = request.Header["Authorization"]
		request.Header.Del("Authorization")
	}
	err = request.Write(conn)
	var response *http.Response
	if err == nil {
		response, err = http.ReadResponse(bufio.NewReader(conn), request)
	}
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the proxy %s does not connect to %s: %s", by.Host, host, response.Status)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// serve runs a handler until Close.
func (m *Machine) serve(network, address string, handler http.Handler) (net.Addr, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler}
	m.onClose(server.Close)
	go server.Serve(listener)
	return listener.Addr(), nil
}
