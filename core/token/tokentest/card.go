package tokentest

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"rechallenge/core/token"
)

//go:embed testdata/card.c
var source string

//go:embed testdata/crash.c
var crash string

// Crasher builds a PKCS#11 module that does what it is told, "abort()", when it is
// asked for its slots. It needs a C compiler.
func (h HSM) Crasher(does string) (module string) {
	h.T.Helper()
	Need(h.T, "cc")
	name := fmt.Sprintf("crash%d", len(does))
	h.Write(name+".c", strings.Replace(crash, "abort()", does, 1))
	h.Run("cc", "-shared", "-fPIC", "-o", name+".so", name+".c")
	return h.Path(name + ".so")
}

// Card is the HSM as a smart card with ways of its own; see card.c.
type Card struct {
	HSM
	Module string // its PKCS#11 module
}

// Card builds the card, which behaves as its SoftHSM does until it is told
// otherwise. It needs a C compiler.
func (h HSM) Card() Card {
	h.T.Helper()
	Need(h.T, "cc")
	c := Card{h, h.Path("card.so")}
	h.Write("card.c", source)
	h.Run("cc", "-shared", "-fPIC", "-o", "card.so", "card.c", "-ldl")
	for name, value := range map[string]string{"CARD_MODULE": Module, "CARD_PIN": PIN, "CARD_STATE": h.Path("card.state"), "CARD_LOG": h.Path("card.log")} {
		h.T.Setenv(name, value)
	}
	c.Is()
	h.T.Cleanup(token.CloseAll)
	return c
}

// Is says in words of card.c how the card is from now on.
func (c Card) Is(words ...string) {
	c.T.Helper()
	// At once: the module may be reading.
	c.Write("card.next", strings.Join(words, " "))
	if err := os.Rename(c.Path("card.next"), c.Path("card.state")); err != nil {
		c.T.Fatal(err)
	}
}

// Logins are the log-ins since they were last asked for, in words of card.c.
func (c Card) Logins() []string {
	text, _ := os.ReadFile(c.Path("card.log"))
	os.Remove(c.Path("card.log"))
	return strings.Fields(strings.ReplaceAll(string(text), " ", "-"))
}
