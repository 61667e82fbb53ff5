package desk

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"rechallenge/app/files"
	"rechallenge/core/experiment"
	"rechallenge/core/identity"
)

// issuer lets a question have identities made with a CA that it was told. The
// CA's key is read now, used in memory and forgotten with the question; so are
// the identities. Errors are Refused, or the context's.
func (d *Desk) issuer(ctx context.Context, c *Case, q *experiment.Question) error {
	text := strings.Join(q.Told["issuer"].Texts, " ")
	if text == "" || q.Issue != nil {
		return nil
	}
	entry, err := files.Argument(text, "", map[string]int{})
	if err != nil {
		return Refused{err}
	}
	entry.ID = "the issuer"
	var ca *identity.Identity
	loader := files.Loader{Dir: c.Dir, Ask: d.opt.Ask}
	err = d.read(ctx, func() (err error) {
		ca, err = loader.Identity(ctx, entry)
		return err
	})
	if err != nil {
		return Refused{fmt.Errorf("the CA that is to issue certificates: %w", err)}
	}
	known := maps.Clone(c.loaded.Identities)
	res := *c.loaded
	res.Identities = known
	c.loaded = &res // of this question alone
	q.Issue = func(ctx context.Context, of string, life time.Duration) (experiment.Issued, error) {
		other := known[of]
		if other == nil {
			return experiment.Issued{}, Refused{fmt.Errorf("issue a certificate in the name of %q: there is no such identity", of)}
		}
		id := fmt.Sprintf("%s-issued-%d", of, len(known))
		x, err := identity.Issue(ctx, id, ca, other.Public, life)
		if err != nil {
			return experiment.Issued{}, Refused{err}
		}
		known[id] = x
		return experiment.Issued{ID: id, Name: x.Subject, Serial: x.Serial, Ends: x.NotAfter}, nil
	}
	return nil
}
