/**
 * What is told of the words of others: one fixed list, so that what is told never depends on what was sent.
 */
import type * as SchemaAST from "effect/SchemaAST"
import { Message } from "../message/Message.ts"

const listOf = (...texts: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => text.trim().split(/\s+/)))

/** The names of fields, and of the fields in them. */
const namesIn = (ast: SchemaAST.AST): ReadonlyArray<string> => {
  switch (ast._tag) {
    case "Objects":
      return ast.propertySignatures.flatMap(({ name, type }) => [String(name).toLowerCase(), ...namesIn(type)])
    case "Union":
      return ast.types.flatMap(namesIn)
    case "Arrays":
      return ast.rest.flatMap(namesIn)
    default:
      return []
  }
}

/** In lower case, and the names of a message's fields apart. */
const listed = listOf(
  // The API's fields
  "originaltimestamp receivedat sentat batch writekey",
  // Of semantic events
  `objectid deliveryid metric recipient reason href actionvalue created updated deleted user suppressed unsuppressed object
   relationship report delivery`,
  // Of validation
  `identify track group alias call calls message messages event events field fields property trait key keys item items
   index entry element member name names value values json body text data number integer float string boolean array null
   undefined nan object date time datetime iso iso8601 utf-8 character characters length size byte bytes kb 32kb 500kb
   invalid valid validation required missing unknown unsupported unexpected expected allowed disallowed forbidden empty
   blank malformed duplicate must should may can cannot could be is are was were been has have had not no only one of at
   least most exactly more less than too long short large big small many few old new greater equal between from to or and
   in on for with without within the a an this that it its by as if when where which there any all both either neither
   nor none other another each every same different reserved documented deprecated ignored dropped accepted rejected
   refused parse parsing parsed read decode decoded encode encoded schema format pattern match matches does do did doesn
   isn wasn aren couldn didn t s your you such given received input additional exist exists end looking beginning unmarshal
   into struct position column true false first last limit limits maximum minimum exceeds exceeded above
   below over under future past range default`,
  // Of HTTP and of what answers it
  `http https request requests response answer server client gateway proxy upstream service temporarily temporary
   permanently unavailable available unauthorized authorization authentication authenticate authenticated credentials basic
   api api-key permission permissions denied access account workspace project disabled expired revoked wrong right
   incorrect bad ok okay error errors failed failure fail internal timeout timed out conflict gone found payload entity
   unprocessable media method methods post get put header headers content-type content-length content-encoding
   x-strict-mode retry-after application/json gzip host route endpoint redirect redirects rate limited overloaded overload
   busy capacity quota try again later please retry slow down seconds minutes hours contact support maintenance
   processed processing process handle handled taken fault went something problem status code reset closed`,
  // Of networks and certificates, from Node, undici, OpenSSL, Bun and Deno
  `connect connecting connection connections refused aborted abort reset read write getaddrinfo lookup socket hang up
   fetch terminated attempted side disconnected before secure tls ssl tlsv1 alert handshake established eof unable verify
   certificate certificates self-signed signed self chain issuer local trusted untrusted yet hostname/ip hostname altnames
   cert dns routines packet protocol econnrefused econnreset econnaborted enotfound eai_again etimedout ehostunreach
   enetunreach eproto epipe eaddrnotavail emfile und_err_socket und_err_connect_timeout und_err_headers_timeout
   und_err_body_timeout err_ssl_wrong_version_number cert_has_expired depth_zero_self_signed_cert tcp sending
   transport interrupted typeerror rangeerror syntaxerror aborterror aggregateerror timeouterror connecttimeouterror socketerror computer
   able localhost 127.0.0.1`,
  // The documented limits, and those of the simulator
  "32000 32,000 32768 32,768 500000 500,000 512000 512,000"
)

const words = new Set([...namesIn(Message.ast), ...listed])

export const isKnownWord = (word: string): boolean => words.has(word.toLowerCase())

const mediaTypes = listOf(
  `application/json application/problem+json application/xml application/octet-stream application/javascript text/html
   text/plain text/xml text/css text/event-stream multipart/form-data image/png image/gif`
)

/** What a `Content-Type` names, without its parameters, if it is one that is told. */
export const knownMediaType = (contentType: string): string | undefined => {
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? ""
  return mediaTypes.has(mediaType) ? mediaType : undefined
}
