"""How the practice is reached: the gate, sign-in, downloads, jobs, and the check before anything is served."""
