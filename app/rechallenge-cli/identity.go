package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rechallenge/app/files"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
)

// identityFlags are what the identity command was asked for.
type identityFlags struct {
	env      string
	pinEnv   string
	asJSON   bool
	write    string
	style    string
	writeEnv string
	force    bool
}

func identityCommand(c *console) *cobra.Command {
	var flags identityFlags
	cmd := &cobra.Command{
		Use: "identity IDENTITY", Short: "Explain an identity: a file, a token, a database: what is inside, is it usable, who else reads it",
		Long: "Explain an identity file: its format, MAC and encryption, the identities inside and their fitness for client authentication,\n" +
			"and which other programs read it. With --write it writes the identities into a new PKCS#12 file (mode 0600).\n" +
			"A token is pkcs11:URI (pkcs11: alone for the only one), a Firefox or Chromium database nss:FOLDER, the system's store store:user.\n" +
			"Exit code 0 when it holds at least one usable identity, else 2 with the reason.",
		Args: exactly(1, "the file, or pkcs11:URI, nss:FOLDER, store:user"),
		Example: "  rechallenge-cli identity alice.p12\n  PW=secret rechallenge-cli identity alice.p12 --password-env PW --json\n" +
			"  PW=secret rechallenge-cli identity old.p12 --password-env PW --write new.p12 --style modern",
		RunE: func(cmd *cobra.Command, args []string) error { return flags.run(cmd.Context(), c, args[0]) },
	}
	cmd.Flags().StringVar(&flags.env, "password-env", "", "name of the environment variable that holds the password")
	cmd.Flags().StringVar(&flags.pinEnv, "pin-env", "", "name of the environment variable that holds a token's PIN or a database's master password")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.write, "write", "", "write the identities into this new PKCS#12 file")
	cmd.Flags().StringVar(&flags.style, "style", string(identity.Modern), "protection of the new file: modern (AES-256) or compatible (3DES, for old programs)")
	cmd.Flags().StringVar(&flags.writeEnv, "write-password-env", "", "environment variable with the new file's password (default: the one that opened FILE)")
	cmd.Flags().BoolVar(&flags.force, "force", false, "let --write replace a file that is there")
	return cmd
}

func (flags identityFlags) run(ctx context.Context, c *console, name string) error {
	if flags.write != "" && flags.style != string(identity.Modern) && flags.style != string(identity.Compatible) {
		return usage{fmt.Errorf("--style %q: it is one of %v", flags.style, identity.Styles)}
	}
	var answer *string
	ask := c.ask()
	loader := files.Loader{Dir: ".", Ask: func(ctx context.Context, id, file string, again bool) (string, error) {
		password, err := ask(ctx, id, file, again)
		if err == nil {
			answer = &password
		}
		return password, err
	}}
	where, err := flags.place(name)
	if err != nil {
		return usage{err}
	}
	f, err := loader.File(ctx, where)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var refused *identity.Error
	switch {
	case errors.As(err, &refused):
	case errors.Is(err, errNoTerminal) && where.File == "":
		refused = &identity.Error{
			Code: files.NeedsPIN, What: "its keys are behind a PIN or master password, and there is no terminal to ask at",
			Do: "set an environment variable to it and name that one: --pin-env NAME", Offset: -1,
		}
	case errors.Is(err, errNoTerminal):
		refused = &identity.Error{
			Code: identity.PasswordNeeded, What: "the file is protected by a password, and there is no terminal to ask at",
			Do: "set an environment variable to it and name that one: --password-env NAME", Offset: -1,
		}
	case err != nil:
		return usage{fmt.Errorf("read %s: %w", name, err)}
	}
	if f == nil {
		f = &identity.File{}
	}
	if refused != nil {
		f.Problems = append(f.Problems, identity.Problem{Code: string(refused.Code), Message: refused.Error()})
	}
	if flags.asJSON {
		err = printJSON(c, f)
	} else {
		err = printFile(c, name, f)
	}
	if err != nil {
		return err
	}
	var usable []*identity.Identity
	for _, id := range f.Identities {
		if id.Usable {
			usable = append(usable, id)
		}
	}
	switch {
	case refused != nil:
		return usage{fmt.Errorf("read %s: %w", name, refused)}
	case len(usable) == 0:
		return usage{fmt.Errorf("%s holds no usable identity", name)}
	case flags.write == "":
		return nil
	}
	return flags.writeNew(ctx, c, usable, answer)
}

// place reads the argument. A file may have a colon in its name: it is split
// only where there is no such file.
func (flags identityFlags) place(name string) (plan.Identity, error) {
	file := plan.Identity{ID: filepath.Base(name), File: name, PasswordEnv: flags.env}
	if _, err := os.Lstat(name); err == nil {
		return file, nil
	}
	i, err := files.Argument(name, cmp.Or(flags.pinEnv, flags.env), map[string]int{})
	if err != nil || i.File == "" {
		return i, err
	}
	i.ID, i.PasswordEnv = filepath.Base(i.File), cmp.Or(flags.env, i.PasswordEnv)
	return i, nil
}

// writeNew writes the new file, reads it back and says who else reads it.
func (flags identityFlags) writeNew(ctx context.Context, c *console, ids []*identity.Identity, answer *string) error {
	password := ""
	switch env := cmp.Or(flags.writeEnv, flags.env); {
	case flags.writeEnv == "" && answer != nil:
		password = *answer
	case env == "":
		return usage{errors.New("the new file needs a password: set an environment variable to it and name that one: --write-password-env NAME")}
	default:
		var ok bool
		if password, ok = os.LookupEnv(env); !ok {
			return usage{fmt.Errorf("the environment has no %s: set it to the new file's password", env)}
		}
	}
	f, err := files.WriteIdentities(ctx, flags.write, ids, password, identity.Style(flags.style), flags.force)
	if errors.Is(err, fs.ErrExist) {
		return usage{fmt.Errorf("write %s: it is there already; choose another name, or --force to replace it", flags.write)}
	}
	if err != nil {
		return err
	}
	out := c.out
	if flags.asJSON {
		out = c.err
	}
	fmt.Fprintf(out, "wrote %s: %s, style %s\n", flags.write, identities(len(ids)), flags.style)
	if !flags.asJSON {
		printReaders(out, f)
	}
	return nil
}

func identities(n int) string {
	if n == 1 {
		return "1 identity"
	}
	return fmt.Sprintf("%d identities", n)
}
