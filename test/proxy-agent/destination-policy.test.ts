import { describe, expect, it } from 'vitest'
import {
  DEFAULT_DENIED_DESTINATIONS,
  DestinationPolicy,
  parseDestinations,
} from '../../src/proxy-agent/destination-policy.ts'

const policy = (allow: string[], deny: readonly string[] = []) => new DestinationPolicy({ allow, deny })

describe('an empty policy', () => {
  it('permits everything', () => {
    expect(policy([]).permitsHost('example.com', 443)).toBe(true)
    expect(policy([]).permitsHost('10.0.0.1', 443)).toBe(true)
    expect(policy([]).permitsAddress('fd00::1', 1)).toBe(true)
  })

  it('permits no address that is none', () => {
    expect(policy([]).permitsAddress('example.com', 443)).toBe(false)
  })
})

describe('the default deny list', () => {
  const byDefault = policy([], DEFAULT_DENIED_DESTINATIONS)

  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:FFFF:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '0064:FF9B:0:0:0:0:a9fe:1',
    '64:ff9b:1::169.254.169.254', // a NAT64 prefix of 96 bits
    '64:ff9b:1:abcd:00a9:fea9:fe00::', // 64
    '64:ff9b:1:aba9:00fe:a9fe::', // 56
    '64:ff9b:1:a9fe:a9:fe00::', // 48
    '64:ff9b:1:a9fe:a9:fe00:1:2',
    '2002:a9fe:a9fe::1',
    '2002:a9fe:a9fe:1:2:3:4:5',
    'fe80::1',
    'fe80::1%eth0',
    'FEBF::1',
    'fd00:ec2::254',
    'fd00:0ec2:0:0::254',
  ])('keeps %s from being connected to, however it is reached', (ip) => {
    expect(byDefault.permitsAddress(ip, 80)).toBe(false)
    expect(byDefault.permitsAddress(ip, 80, 'harmless.example.com')).toBe(false)
    expect(byDefault.permitsHost(ip, 80)).toBe(false)
    expect(byDefault.permitsHost(`[${ip}]`, 80)).toBe(false)
  })

  it.each([
    '10.0.0.1',
    '127.0.0.1',
    '::1',
    'fd00:ec2::253',
    '169.253.255.255',
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::10.0.0.1',
    '64:ff9b:2::169.254.169.254',
    '64:ff9b:0:1::169.254.169.254',
    '2002:a00:1::a9fe:a9fe',
    '2001:db8::169.254.169.254',
  ])('permits %s', (ip) => {
    expect(byDefault.permitsAddress(ip, 80)).toBe(true)
  })

  it('sees through spellings that only a resolver understands, once they are resolved', () => {
    expect(byDefault.permitsHost('2852039166', 80)).toBe(true)
    expect(byDefault.permitsAddress('169.254.169.254', 80, '2852039166')).toBe(false)
  })
})

describe('a deny list', () => {
  it('wins over the allow list', () => {
    const denied = policy(['10.0.0.0/8', '*.example.com'], ['10.1.0.0/16', 'bad.example.com'])
    expect(denied.permitsAddress('10.0.0.1', 1)).toBe(true)
    expect(denied.permitsAddress('10.1.0.1', 1)).toBe(false)
    expect(denied.permitsAddress('10.1.0.1', 1, 'good.example.com')).toBe(false)
    expect(denied.permitsHost('good.example.com', 1)).toBe(true)
    expect(denied.permitsHost('bad.example.com', 1)).toBe(false)
    expect(denied.permitsAddress('10.0.0.1', 1, 'bad.example.com')).toBe(false)
  })

  it('does not mean IPv4 when it names all of IPv6, and the other way round', () => {
    expect(policy([], ['::/0']).permitsAddress('10.0.0.1', 1)).toBe(true)
    expect(policy([], ['::/0']).permitsAddress('::1', 1)).toBe(false)
    expect(policy([], ['0.0.0.0/0']).permitsAddress('::1', 1)).toBe(true)
    expect(policy([], ['0.0.0.0/0']).permitsAddress('::ffff:1.2.3.4', 1)).toBe(false)
  })

  it('means IPv4 behind NAT64, too, and NAT64 itself without all of IPv4', () => {
    expect(policy([], ['1.2.3.4']).permitsAddress('64:ff9b::1.2.3.4', 1)).toBe(false)
    expect(policy([], ['0.0.0.0/32']).permitsAddress('64:ff9b::', 1)).toBe(false)
    expect(policy([], ['0.0.0.7']).permitsAddress('64:ff9b::7', 1)).toBe(false)
    expect(policy([], ['1.2.0.0']).permitsAddress('64:ff9b::1.2.0.0', 1)).toBe(false)
    expect(policy([], ['1.2.3.4']).permitsAddress('64:ff9b::1.2.3.5', 1)).toBe(true)
    expect(policy([], ['1.2.3.4']).permitsAddress('64:ff9b::1:102:304', 1)).toBe(true)
    expect(policy([], ['64:ff9b::/96']).permitsAddress('64:ff9b::1.2.3.4', 1)).toBe(false)
    expect(policy([], ['64:ff9b::/96']).permitsAddress('1.2.3.4', 1)).toBe(true)
    expect(policy([], ['::/0']).permitsAddress('64:ff9b::1.2.3.4', 1)).toBe(false)
  })

  it('takes no address for a mapped one that only looks like it', () => {
    expect(policy([], ['0.0.18.52']).permitsAddress('::ffff:1234', 1)).toBe(true)
    expect(policy([], ['::/0']).permitsAddress('::ffff:1234', 1)).toBe(false)
  })

  it('may name IPv4 in its mapped form', () => {
    expect(policy([], ['::ffff:10.0.0.0/104']).permitsAddress('10.1.2.3', 1)).toBe(false)
    expect(policy([], ['::ffff:10.0.0.1']).permitsAddress('10.0.0.1', 1)).toBe(false)
    expect(policy([], ['::ffff:10.0.0.1']).permitsAddress('10.0.0.2', 1)).toBe(true)
  })

  it('may be about ports', () => {
    const ports = policy([], ['*:22', '10.0.0.0/8:8000-8999', '[fd00::/8]:443', 'db.example.com:5432'])
    expect(ports.permitsHost('example.com', 22)).toBe(false)
    expect(ports.permitsAddress('1.2.3.4', 22)).toBe(false)
    expect(ports.permitsAddress('10.0.0.1', 7999)).toBe(true)
    expect(ports.permitsAddress('10.0.0.1', 8000)).toBe(false)
    expect(ports.permitsAddress('10.0.0.1', 8999)).toBe(false)
    expect(ports.permitsAddress('10.0.0.1', 9000)).toBe(true)
    expect(ports.permitsAddress('fd12::1', 443)).toBe(false)
    expect(ports.permitsAddress('fd12::1', 80)).toBe(true)
    expect(ports.permitsHost('db.example.com', 5432)).toBe(false)
    expect(ports.permitsHost('db.example.com', 80)).toBe(true)
  })
})

describe('an allow list', () => {
  it('of names permits those names, wherever they point', () => {
    const names = policy(['*.svc.cluster.local', 'kubernetes.default'])
    expect(names.permitsHost('web.prod.svc.cluster.local', 80)).toBe(true)
    expect(names.permitsHost('Kubernetes.Default.', 443)).toBe(true)
    expect(names.permitsAddress('10.0.0.1', 80, 'web.prod.svc.cluster.local')).toBe(true)
    expect(names.permitsHost('svc.cluster.local', 80)).toBe(false)
    expect(names.permitsHost('kubernetes-default', 80)).toBe(false)
    expect(names.permitsHost('web.prod.svc.cluster.local.evil.com', 80)).toBe(false)
    expect(names.permitsHost('10.0.0.1', 80)).toBe(false)
    expect(names.permitsAddress('10.0.0.1', 80)).toBe(false)
  })

  it('of addresses lets any name be resolved, and judges what comes out', () => {
    const addresses = policy(['10.0.0.0/8', '192.168.1.1'])
    expect(addresses.permitsHost('example.com', 80)).toBe(true)
    expect(addresses.permitsAddress('10.1.2.3', 80, 'example.com')).toBe(true)
    expect(addresses.permitsAddress('11.1.2.3', 80, 'example.com')).toBe(false)
    expect(addresses.permitsHost('192.168.1.1', 80)).toBe(true)
    expect(addresses.permitsHost('192.168.1.2', 80)).toBe(false)
  })

  it('of IPv4 addresses permits what NAT64 makes of them, where it is clear what it makes', () => {
    const addresses = policy(['10.0.0.0/8'])
    expect(addresses.permitsAddress('64:ff9b::10.1.2.3', 80)).toBe(true)
    expect(addresses.permitsAddress('64:ff9b::11.1.2.3', 80)).toBe(false)
    expect(addresses.permitsAddress('64:ff9b:1::10.1.2.3', 80)).toBe(false)
    expect(addresses.permitsAddress('64:ff9b:1:0a0a:0a:0a0a:0a0a:0', 80)).toBe(true)
    expect(policy(['64:ff9b:1::/48']).permitsAddress('64:ff9b:1::11.1.2.3', 80)).toBe(true)
    expect(policy(['10.0.0.0/8:443']).permitsAddress('64:ff9b::10.1.2.3', 80)).toBe(false)
  })

  it('of IPv4 addresses does not permit the networks that 6to4 has behind them', () => {
    expect(policy(['10.0.0.0/8']).permitsAddress('2002:a00:1::5', 80)).toBe(false)
    expect(policy(['2002:a00:1::/48']).permitsAddress('2002:a00:1::5', 80)).toBe(true)
  })

  it('may be about a port alone', () => {
    expect(policy(['*:443']).permitsHost('example.com', 443)).toBe(true)
    expect(policy(['*:443']).permitsHost('example.com', 80)).toBe(false)
    expect(policy(['*:443']).permitsAddress('::1', 443)).toBe(true)
  })
})

describe('parseDestinations', () => {
  it.each([
    '10.0.0.0/8',
    '10.0.0.1',
    'fe80::/10',
    '::1',
    '[::1]:80',
    '[fd00::/8]',
    '*',
    '*:1-65535',
    'a',
    'a-b_c.d:80',
    '*.a',
  ])('takes %s', (text) => {
    expect(() => parseDestinations([text])).not.toThrow()
  })

  it.each([
    ['', 'neither an address nor a host name'],
    ['10.0.0.0/33', '10.0.0.0/33 is no CIDR'],
    ['10.0.0.0/', '10.0.0.0/ is no CIDR'],
    ['10.0.0.0/x', '10.0.0.0/x is no CIDR'],
    ['fd00::/129', 'fd00::/129 is no CIDR'],
    ['example.com/24', 'example.com/24 is no CIDR'],
    ['::ffff:0.0.0.0/90', 'is no CIDR of IPv4 addresses'],
    ['10.*', 'a range of addresses is written as a CIDR'],
    ['10.0.0', 'a range of addresses is written as a CIDR'],
    ['a b', 'neither an address nor a host name'],
    ['a..b', 'neither an address nor a host name'],
    ['fe80::1%eth0', 'neither an address nor a host name'],
    ['a:0', '0 is no port or range of ports'],
    ['a:65536', '65536 is no port or range of ports'],
    ['a:2-1', '2-1 is no port or range of ports'],
    ['a:', ' is no port or range of ports'],
    ['a:http', 'http is no port or range of ports'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseDestinations([text])).toThrow(`invalid destination ${JSON.stringify(text)}: `)
    expect(() => parseDestinations([text])).toThrow(reason)
  })
})
