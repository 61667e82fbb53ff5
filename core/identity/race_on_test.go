//go:build race

package identity_test

// raceDetector says whether the tests run with it.
const raceDetector = true
