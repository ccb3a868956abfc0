"""Who may log in: accounts, tokens for programs and running sessions, in one SQLite file.

`Accounts` is what `rag user` works on, `Logins` what the server asks at every request; both may
have the file open at once. What a request may do with which role is decided by the server.
"""

from rag.users.accounts import Account, Accounts, Change, made_password
from rag.users.store import FILE_NAME, LOCAL, LOCAL_NAME, Logins, Role, User

__all__ = ["FILE_NAME", "LOCAL", "LOCAL_NAME", "Account", "Accounts", "Change", "Logins"]
__all__ += ["Role", "User", "made_password"]
