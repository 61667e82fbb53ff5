package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
)

// remembered is what is kept of an answer from one start to the next: that it
// was given, and its sentence. The answer itself is saved by whoever wants it.
type remembered struct {
	At    time.Time `json:"at"`
	Title string    `json:"title"`
}

// maxRemembered is how many of them are kept.
const maxRemembered = 100

// answerKey names a question about a plan.
func answerKey(question, plan string) string {
	sum := sha256.Sum256([]byte(plan))
	return question + " " + hex.EncodeToString(sum[:8])
}

func rememberedAnswers(p fyne.Preferences) map[string]remembered {
	list := map[string]remembered{}
	if json.Unmarshal([]byte(p.String(prefAnswers)), &list) != nil {
		return map[string]remembered{}
	}
	return list
}

// remember keeps an answer's sentence; the oldest ones make room.
func remember(p fyne.Preferences, key string, a remembered) {
	list := rememberedAnswers(p)
	list[key] = a
	for len(list) > maxRemembered {
		oldest := key
		for k, x := range list {
			if x.At.Before(list[oldest].At) {
				oldest = k
			}
		}
		delete(list, oldest)
	}
	if data, err := json.Marshal(list); err == nil {
		p.SetString(prefAnswers, string(data))
	}
}

// lastAnswer is what was answered about the plan as it is, at another time.
func (q *questions) lastAnswer(id string) string {
	a, ok := rememberedAnswers(q.app.Preferences())[answerKey(id, q.state.PlanText())]
	if !ok || q.doc.lab != nil {
		return "Not asked yet."
	}
	return fmt.Sprintf("Last answered %s: %s", a.At.Format("2006-01-02 15:04"), a.Title)
}
