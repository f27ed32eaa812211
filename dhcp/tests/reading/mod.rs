//! Every way to read the value of an option.

use bootproto_dhcp::wire::Value;

/// Reads a value as everything that it can and can't be.
pub(crate) fn every_way(value: Value<'_>) {
    let _ = (value.u8(), value.u16(), value.u32(), value.address(), value.trim_nul(), value.as_slice());
    let _ = (value.addresses().map(Iterator::count), value.routes().map(Iterator::count));
    let pxe = value.pxe();
    let _ =
        (pxe.count(), pxe.menu().count(), pxe.prompt(), pxe.boot_item(), pxe.multicast(), pxe.discovery());
    for server in pxe.boot_servers() {
        let _ = server.addresses.count();
    }
    let (mut position, mut name) = (0, [0; 255]);
    while let Some((length, next)) = value.domain_name(position, &mut name) {
        assert!(next > position && length <= name.len(), "a name ends before it begins");
        position = next;
    }
    let _ = format!("{value:?}");
}
