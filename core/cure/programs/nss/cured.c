/* The peer id tells the identities' sessions apart. */
PRFileDesc *connect_as(const char *nickname, const PRNetAddr *address)
{
    PRFileDesc *fd = SSL_ImportFD(NULL, PR_NewTCPSocket());
    SSL_SetURL(fd, "api.test");
    SSL_SetSockPeerID(fd, nickname);
    SSL_GetClientAuthDataHook(fd, NSS_GetClientAuthData, (void *)nickname);
    if (PR_Connect(fd, address, PR_SecondsToInterval(10)) != PR_SUCCESS || SSL_ForceHandshake(fd) != SECSuccess) {
        PR_Close(fd);
        return NULL;
    }
    return fd;
}
