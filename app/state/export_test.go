package state

// Within is within.
var Within = within
