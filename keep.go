//go:build keep

package keep

import (
	_ "fyne.io/fyne/v2/app"
	_ "fyne.io/fyne/v2/test"
	_ "github.com/adrg/xdg"
	_ "github.com/ebitengine/purego"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/google/renameio/v2"
	_ "github.com/gopacket/gopacket/pcapgo"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/santhosh-tekuri/jsonschema/v6"
	_ "github.com/schollz/progressbar/v3"
	_ "github.com/spf13/cobra"
	_ "github.com/spf13/cobra/doc"
	_ "github.com/sqweek/dialog"
	_ "go.uber.org/goleak"
	_ "go.yaml.in/yaml/v3"
	_ "golang.org/x/crypto/cryptobyte"
	_ "golang.org/x/image/font"
	_ "golang.org/x/net/http2"
	_ "golang.org/x/net/proxy"
	_ "golang.org/x/term"
	_ "golang.org/x/text/unicode/norm"
	_ "software.sslmate.com/src/go-pkcs12"
)
