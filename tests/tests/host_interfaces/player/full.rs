//! Full queues.

use std::fmt::Debug;

use driver::{map, Bus};

/// Sends ends, `burst` at a time, until the queue of events has no room and that of spikes is full, which STATUS says.
pub fn fill<B: Bus>(bus: &mut B, burst: usize)
where
    B::Error: Debug,
{
    let events = vec![map::EVENT_LAST | map::EVENT_FIRST; burst];
    for _ in 0..5000 / burst {
        bus.send(&events).expect("no error");
        let mut words = [0; 5];
        bus.read(map::STATUS, &mut words).expect("no error");
        // no room, and as many ends as there is room for
        if words[0] & map::STATUS_OVERFLOW != 0 && words[4] == 5 {
            bus.read(map::STATUS, &mut words).expect("no error");
            assert_eq!(words[4], 5, "full is full");
            return;
        }
    }
    panic!("the queues never fill");
}
