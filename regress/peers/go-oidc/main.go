// A relying party made of go-oidc and x/oauth2, which we did not write.
//
// usage: rp CONFIGURATION, a JSON object; see peer.py.  Prints the URL to send
// the person to, reads the URL the person came back with, prints what the
// library found out about the person or why it refused.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"time"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

type conf struct {
	Issuer        string `json:"issuer"`
	TokenEndpoint string `json:"token_endpoint"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	RedirectURI   string `json:"redirect_uri"`
	Scope         string `json:"scope"`
	Alg           string `json:"alg"`
}

func say(v interface{}) {
	_ = json.NewEncoder(os.Stdout).Encode(v)
}

func random() string {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// finish does what an application does when the person comes back.
func finish(ctx context.Context, c *conf, p *oidc.Provider, o *oauth2.Config,
	back, state, nonce, secret string) error {
	u, err := url.Parse(back)
	if err != nil {
		return err
	}
	q := u.Query()
	if q.Get("state") != state {
		return errors.New("another state came back")
	}
	token, err := o.Exchange(ctx, q.Get("code"),
		oauth2.SetAuthURLParam("code_verifier", secret))
	if err != nil {
		return err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return errors.New("no id_token")
	}
	verifier := p.Verifier(&oidc.Config{
		ClientID:             c.ClientID,
		SupportedSigningAlgs: []string{c.Alg},
	})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return err
	}
	if id.Nonce != nonce { // go-oidc leaves this to the application
		return errors.New("another nonce came back")
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		return err
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return err
	}
	var claims, more map[string]interface{}
	if err := id.Claims(&claims); err != nil {
		return err
	}
	if err := info.Claims(&more); err != nil {
		return err
	}
	next, again, err := refresh(ctx, o, token.RefreshToken)
	if err != nil {
		return err
	}
	raw, _ = next.Extra("id_token").(string)
	if id, err = verifier.Verify(ctx, raw); err != nil {
		return err
	}
	var refreshed map[string]interface{}
	if err := id.Claims(&refreshed); err != nil {
		return err
	}
	say(map[string]interface{}{"claims": claims, "userinfo": more,
		"refreshed": refreshed, "again": again})
	return nil
}

// refresh uses a refresh token twice; why the second time was refused, or nil.
func refresh(ctx context.Context, o *oauth2.Config, old string) (*oauth2.Token,
	interface{}, error) {
	spent := &oauth2.Token{RefreshToken: old, Expiry: time.Unix(1, 0)}
	next, err := o.TokenSource(ctx, spent).Token()
	if err != nil {
		return nil, nil, err
	}
	_, err = o.TokenSource(ctx, spent).Token()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return next, nil, nil
	}
	var why struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(refused.Body, &why); err != nil {
		return nil, nil, err
	}
	return next, why.Error, nil
}

func run() error {
	var c conf
	if err := json.Unmarshal([]byte(os.Args[1]), &c); err != nil {
		return err
	}
	ctx := context.Background()
	p, err := oidc.NewProvider(ctx, c.Issuer)
	if err != nil {
		return err
	}
	o := &oauth2.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		RedirectURL: c.RedirectURI, Endpoint: p.Endpoint(),
		Scopes: []string{c.Scope}}
	if c.TokenEndpoint != "" {
		o.Endpoint.TokenURL = c.TokenEndpoint
	}
	state, nonce, verifier := random(), random(), random()
	sum := sha256.Sum256([]byte(verifier))
	say(map[string]string{"url": o.AuthCodeURL(state, oidc.Nonce(nonce),
		oauth2.SetAuthURLParam("code_challenge",
			base64.RawURLEncoding.EncodeToString(sum[:])),
		oauth2.SetAuthURLParam("code_challenge_method", "S256"))})
	in := bufio.NewScanner(os.Stdin)
	if !in.Scan() {
		return errors.New("nobody came back")
	}
	return finish(ctx, &c, p, o, in.Text(), state, nonce, verifier)
}

func main() {
	if err := run(); err != nil {
		say(map[string]string{"refused": err.Error()})
	}
}
