import { networkInterfaces } from "node:os"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

/** The origins at which other machines find a server that was told to listen at `host`, and whose own is `url`. */
export const outerOrigins = (host: string, url: string): ReadonlyArray<string> => {
  const { hostname, port } = new URL(url)
  // An address that is any of this machine's.
  if (is(NetAddress.isUnspecified, host)) {
    return Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.flatMap(({ internal, family, address }) =>
        internal || family !== "IPv4" ? [] : [`http://${address}:${port}`]
      )
    )
  }
  return is(NetAddress.isLoopback, hostname.replace(/^\[(.*)\]$/, "$1")) ? [] : [url]
}

const is = (predicate: (address: NetAddress.IpAddress) => boolean, text: string): boolean =>
  Result.match(NetAddress.ipFromString(text), { onFailure: () => false, onSuccess: predicate })
