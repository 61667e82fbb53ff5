// A smart card in front of SoftHSM: a PKCS#11 module that hands on every call
// and has ways of its own, which the words in a file switch on and off:
//   pad      the PIN is typed at the reader: C_Login takes none (PKCS#11 2.40, section 5.6)
//   always   each signature wants a login of its own (CKA_ALWAYS_AUTHENTICATE)
//   mistyped the person at the pad types a wrong PIN
//   removed  it is pulled
//   locked   its PIN is locked
//   busy     it has no session left
//   slow     a signature takes a second
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long U;
typedef struct { U type; void *value; U length; } A;
struct functions { unsigned char version[2]; void *f[68]; };

static struct functions *real, ours;
static int signing, granted; // a signature was begun, and its own login made
static int gone;             // the card is not there: its sessions and logins ended with it
static U reader;             // its slot

static int is(const char *word) {
	char text[200] = " ";
	FILE *f = fopen(getenv("CARD_STATE"), "r");
	if (!f) return 0;
	size_t n = fread(text + 1, 1, sizeof text - 3, f);
	fclose(f);
	memcpy(text + 1 + n, " ", 2);
	char want[20];
	snprintf(want, sizeof want, " %s ", word);
	return strstr(text, want) != 0;
}

static void note(const char *what) {
	FILE *f = fopen(getenv("CARD_LOG"), "a");
	if (!f) return;
	fprintf(f, "%s\n", what);
	fclose(f);
}

static int pulled(void) {
	int now = is("removed");
	if (now && !gone) ((U(*)(U))real->f[14])(reader); // C_CloseAllSessions
	return gone = now;
}

static U token(U slot, unsigned char *info) {
	if (pulled()) return 0xe0; // CKR_TOKEN_NOT_PRESENT
	U v = ((U(*)(U, void *))real->f[6])(slot, info);
	U flags;
	memcpy(&flags, info + 96, sizeof flags);
	if (is("pad")) flags |= 0x100;
	if (is("locked")) flags |= 0x40000;
	memcpy(info + 96, &flags, sizeof flags);
	return v;
}

static U session(U slot, U flags, void *a, void *b, U *out) {
	reader = slot;
	if (pulled()) return 0xe0;
	return ((U(*)(U, U, void *, void *, U *))real->f[12])(slot, flags, a, b, out);
}

static U login(U s, U user, char *pin, U n) {
	const char *code = getenv("CARD_PIN");
	if (pulled()) return 0x32; // CKR_DEVICE_REMOVED
	if (is("pad")) {
		if (pin || n) return 0x7; // CKR_ARGUMENTS_BAD
		pin = (char *)(is("mistyped") ? "000000" : code), n = strlen(pin);
		note(user == 2 ? "typed for a signature" : "typed");
	} else {
		note(user == 2 ? "login for a signature" : "login");
	}
	if (user != 2) return ((U(*)(U, U, char *, U))real->f[18])(s, user, pin, n);
	if (!signing) return 0x91; // CKR_OPERATION_NOT_INITIALIZED
	if (n != strlen(code) || memcmp(pin, code, n)) return 0xa0; // CKR_PIN_INCORRECT
	granted = 1;
	return 0;
}

static U attributes(U s, U object, A *a, U n) {
	if (n == 1 && a->type == 0x202 && is("always")) { // CKA_ALWAYS_AUTHENTICATE
		if (a->value) *(char *)a->value = 1;
		a->length = 1;
		return 0;
	}
	return ((U(*)(U, U, A *, U))real->f[24])(s, object, a, n);
}

static U find(U s, A *a, U n) {
	if (pulled()) return 0x32;
	return ((U(*)(U, A *, U))real->f[26])(s, a, n);
}

static U sign_init(U s, void *mechanism, U key) {
	if (pulled()) return 0x32;
	signing = 1, granted = 0;
	return ((U(*)(U, void *, U))real->f[42])(s, mechanism, key);
}

static U sign(U s, void *data, U n, void *out, U *size) {
	signing = 0;
	if (pulled()) return 0x32;
	if (is("locked")) return 0xa4;             // CKR_PIN_LOCKED
	if (is("busy")) return 0xb1;               // CKR_SESSION_COUNT
	if (is("always") && !granted) return 0x101; // CKR_USER_NOT_LOGGED_IN
	if (is("slow")) sleep(1);
	return ((U(*)(U, void *, U, void *, U *))real->f[43])(s, data, n, out, size);
}

U C_GetFunctionList(struct functions **out) {
	void *library = dlopen(getenv("CARD_MODULE"), RTLD_NOW | RTLD_LOCAL);
	if (!library) return 5;
	U (*get)(struct functions **) = (U(*)(struct functions **))dlsym(library, "C_GetFunctionList");
	if (!get || get(&real)) return 5;
	ours = *real;
	ours.f[6] = token, ours.f[12] = session, ours.f[18] = login, ours.f[24] = attributes;
	ours.f[26] = find, ours.f[42] = sign_init, ours.f[43] = sign;
	*out = &ours;
	return 0;
}
