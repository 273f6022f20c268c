"""Layers: everything with weights or noise, one step or one tensor at a time."""

from seqkit.layers import chain, decoders, encoders, positions, scored_attention
from seqkit.layers.attention import MultiHeadAttention
from seqkit.layers.cell import Cell
from seqkit.layers.cells import CELLS, get
from seqkit.layers.characters import CharacterEncoder
from seqkit.layers.crf import CRF
from seqkit.layers.decoder import Decoder
from seqkit.layers.distributions import Gaussian, Mixture, NegativeBinomial, StudentT
from seqkit.layers.gated_cells import (
    GRUCell,
    GRUResetAfterCell,
    MGUCell,
    MUT1Cell,
    MUT2Cell,
    MUT3Cell,
    UGRNNCell,
)
from seqkit.layers.heads import Head, Point, Quantiles
from seqkit.layers.linear import DecompositionLinear, LinearForecast
from seqkit.layers.lstm_cells import (
    CoupledLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
)
from seqkit.layers.named import (
    GRU,
    IRNN,
    LSTM,
    LSTM1997,
    MGU,
    MUT1,
    MUT2,
    MUT3,
    UGRNN,
    CoupledLSTM,
    Elman,
    IndRNN,
    Jordan,
    Leaky,
    PeepholeLSTM,
    ProjectedLSTM,
    SimpleRNN,
)
from seqkit.layers.pooling import Pooling
from seqkit.layers.positions import (
    AlibiPositions,
    LearnedPositions,
    LogSpacedPositions,
    Positions,
    RotaryPositions,
    SinusoidalPositions,
)
from seqkit.layers.recurrent import Recurrent
from seqkit.layers.recurrent_decoder import RecurrentDecoder
from seqkit.layers.reversible import ReversibleNorm
from seqkit.layers.scored_attention import (
    AdditiveAttention,
    CosineAttention,
    DotAttention,
    GeneralAttention,
    ScoredAttention,
)
from seqkit.layers.simple_cells import ElmanCell, IndRNNCell, IRNNCell, JordanCell, LeakyCell
from seqkit.layers.stack import Stack
from seqkit.layers.torch_weights import from_torch, load_torch
from seqkit.layers.transformer import TransformerDecoder, TransformerEncoder
from seqkit.layers.transformer_block import TransformerBlock
from seqkit.layers.word_dropout import WordDropout

__all__ = [
    "CELLS",
    "CRF",
    "GRU",
    "IRNN",
    "LSTM",
    "LSTM1997",
    "MGU",
    "MUT1",
    "MUT2",
    "MUT3",
    "UGRNN",
    "AdditiveAttention",
    "AlibiPositions",
    "Cell",
    "CharacterEncoder",
    "CosineAttention",
    "CoupledLSTM",
    "CoupledLSTMCell",
    "Decoder",
    "DecompositionLinear",
    "DotAttention",
    "Elman",
    "ElmanCell",
    "GRUCell",
    "GRUResetAfterCell",
    "Gaussian",
    "GeneralAttention",
    "Head",
    "IRNNCell",
    "IndRNN",
    "IndRNNCell",
    "Jordan",
    "JordanCell",
    "LSTM1997Cell",
    "LSTMCell",
    "Leaky",
    "LeakyCell",
    "LearnedPositions",
    "LinearForecast",
    "LogSpacedPositions",
    "MGUCell",
    "MUT1Cell",
    "MUT2Cell",
    "MUT3Cell",
    "Mixture",
    "MultiHeadAttention",
    "NegativeBinomial",
    "PeepholeLSTM",
    "PeepholeLSTMCell",
    "Point",
    "Pooling",
    "Positions",
    "ProjectedLSTM",
    "ProjectedLSTMCell",
    "Quantiles",
    "Recurrent",
    "RecurrentDecoder",
    "ReversibleNorm",
    "RotaryPositions",
    "ScoredAttention",
    "SimpleRNN",
    "SinusoidalPositions",
    "Stack",
    "StudentT",
    "TransformerBlock",
    "TransformerDecoder",
    "TransformerEncoder",
    "UGRNNCell",
    "WordDropout",
    "chain",
    "decoders",
    "encoders",
    "from_torch",
    "get",
    "load_torch",
    "positions",
    "scored_attention",
]
