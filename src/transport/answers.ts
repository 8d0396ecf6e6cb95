/** What an HTTP status means. */

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** Those that ask for the same request elsewhere; 303 asks for another. */
export const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 307 || status === 308

/** Worth another attempt: 408, 429, and every 5xx but 501 and 505. Every other answer is one. */
export const isTransient = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status < 600 && status !== 501 && status !== 505)

export const isUnauthorized = (status: number): boolean => status === 401 || status === 403

/** Says nothing of what was sent: too much of it, not at the moment, or no server for it, where what is refused is tried on. */
export const isAboutServer = (status: number): boolean =>
  status === 429 || status === 503 || !(isTransient(status) || isAboutContent(status))

/** Refused for what is in it, so that a part may be taken: malformed, too large, or not to be processed. */
export const isAboutContent = (status: number): boolean => status === 400 || status === 413 || status === 422
