import type { Pod } from '../../apis/core/v1.ts'

/** The longest name of a host that Linux has room for. */
const LONGEST_HOSTNAME = 63

/** What a Pod calls itself, short and with its subdomain's Service. */
export function podHostname(pod: Pod, domain: string): { readonly short: string; readonly full?: string } {
  const { hostname, subdomain } = pod.spec ?? {}
  const short = (hostname || pod.metadata.name || '').slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '')
  if (!subdomain) return { short }
  return { short, full: `${short}.${subdomain}.${pod.metadata.namespace}.svc.${domain}` }
}

/** A Pod's `/etc/hosts`: itself and its aliases (kubernetes, kubelet_pods.go). */
export function podHosts(pod: Pod, podIP: string, domain: string): string {
  const { short, full } = podHostname(pod, domain)
  const aliases = (pod.spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => [ip, ...hostnames])
  const lines = [
    ['127.0.0.1', 'localhost'],
    ['::1', 'localhost', 'ip6-localhost', 'ip6-loopback'],
    [podIP, ...(full === undefined ? [] : [full]), short],
    ...aliases,
  ]
  return `${lines.map((line) => line.join('\t')).join('\n')}\n`
}
