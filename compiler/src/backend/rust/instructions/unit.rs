//! Units of work that have a price.

/// Units of work. Each is counted per sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Unit {
    /// A step that runs in a timestep; layer by layer, in a sample.
    Step,
    /// A position of a map, or a whole layer without one.
    Position,
    /// Inputs that lie side by side: the row of a window.
    Stretch,
    /// 32 of them or fewer, from the beginning of a word on.
    Word,
    /// The same from elsewhere.
    ShiftedWord,
    /// An input that spiked: its row is listed.
    Row,
    /// A row of nine to twelve bytes of a fully connected layer: added as it is found.
    Narrow,
    /// Four weights of a listed row.
    Int8,
    /// 32 signs of one.
    Signs,
    /// 32 signs of one that a byte names.
    Codewords,
    /// 32 bits of the planes of one.
    Plane,
    /// Eight weights of one.
    Nibbles,
    /// Eight odd weights of one.
    OddNibbles,
    /// A weight of one that is a list.
    Entry,
    /// One that is a weight.
    Single,
    /// Sixteen sums of a position that take listed rows.
    Int8Sums,
    /// 32 that count them.
    Counters,
    /// Sixteen that take rows of nibbles.
    NibbleSums,
    /// A codeword that responds to a channel.
    Response,
    /// An output that takes a response.
    Index,
    /// A value that is looked at where weights are bytes.
    Value,
    /// One that is looked at elsewhere.
    OtherValue,
    /// One that is not zero.
    Factor,
    /// Four weights of eight bits that it is multiplied by.
    Int8Products,
    /// A plane of a weight.
    PlaneProduct,
    /// A weight of another encoding.
    Product,
    /// An element that reaches its own output.
    OneToOne,
    /// One of a population whose elements are multiplied by one number, and nothing else.
    Scaled,
    /// A sum that is shifted.
    Shift,
    /// One that is given as it is.
    Current,
    /// The neurons of a position.
    Neurons,
    /// A neuron of 16 bits or fewer whose threshold is subtracted, the same for all channels.
    PackedAlike,
    /// One whose amount is subtracted.
    PackedSubtract,
    /// One that is set to a value, or not reset.
    PackedValue,
    /// One whose amount is subtracted with the next input.
    PackedSubtractLater,
    /// One that is set to a value with the next input.
    PackedValueLater,
    /// A neuron of more bits.
    Wide,
    /// One that has a leak of its own, or a reset in place of its input.
    Slow,
    /// One that keeps nothing.
    Stateless,
    /// One with synaptic currents, several spikes, a floor, or a stored level.
    Special,
    /// A tap of a pool.
    PoolTap,
    /// 32 channels of a tap of a pool of spikes.
    PooledWord,
    /// A spike that a pool counts.
    PooledSpike,
    /// One of a pool of counts or currents.
    Pooled,
    /// A word that is kept for a later timestep.
    Delayed,
    /// An element that is read out.
    Score,
    /// The same layer by layer.
    ScoreApart,
    /// A spike that is counted.
    SpikeScore,
    /// A position that runs through its timesteps by itself: layer by layer.
    Apart,
}

/// How many units there are.
pub const UNITS: usize = Unit::Apart as usize + 1;
