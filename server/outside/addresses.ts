import { BlockList, isIP } from 'node:net';

/** IPv4 networks that are not the public internet, or that belong to the machine's own cloud. */
const closedNetworks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** IPv6 addresses that translators turn into the IPv4 address at their end. */
const translated = '64:ff9b::';

const closed = new BlockList();
for (const [network, bits] of closedNetworks) {
  closed.addSubnet(network, bits, 'ipv4');
  closed.addSubnet(translated + network, 96 + bits, 'ipv6');
}
// Inside the public part of IPv6: tunnels, which name IPv4 addresses in ways of their own, and examples.
closed.addSubnet('2001::', 23, 'ipv6');
closed.addSubnet('2001:db8::', 32, 'ipv6');
closed.addSubnet('2002::', 16, 'ipv6');
closed.addSubnet('3fff::', 20, 'ipv6');

const open = new BlockList();
open.addSubnet('2000::', 3, 'ipv6');
open.addSubnet(translated, 96, 'ipv6');

/** Whether this is an address of the public internet: not of this machine, its network, its cloud or nobody. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, 'ipv4');
    case 6:
      return open.check(address, 'ipv6') && !closed.check(address, 'ipv6');
    default:
      return false;
  }
}
