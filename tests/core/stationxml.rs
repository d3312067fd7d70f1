//! Small documents: what is read, and what is declined because parsers or `ObsPy` are not of one mind.

use obspeed_core::Complex64;
use obspeed_core::io::stationxml::{Channel, Response, Span, read};
use obspeed_core::response::{Domain, Kind, Stored};
use proptest::prelude::*;

const GAIN: &str = "<StageGain><Value>2</Value><Frequency>1</Frequency></StageGain>";
const PLACE: &str =
    "<Latitude>48.5</Latitude><Longitude>-11.25</Longitude><Elevation>5e2</Elevation>";

fn document(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<FDSNStationXML \
         xmlns=\"http://www.fdsn.org/xml/station/1\" schemaVersion=\"1.1\"><Source/>\
         <Created>2020-01-01T00:00:00Z</Created>{inner}</FDSNStationXML>\n"
    )
}

fn station(inner: &str) -> String {
    document(&format!(
        "<Network code=\"XX\"><Station code=\" AAA\">{PLACE}<Site><Name>n</Name></Site>{inner}\
         </Station></Network>"
    ))
}

fn channel(inner: &str) -> String {
    station(&format!(
        "<Channel code=\"BHZ\" locationCode=\"  \" startDate=\"2000-02-29T12:00:00.5\" \
         endDate=\"2599-12-31T23:59:59Z\">{PLACE}<Depth>0</Depth>{inner}</Channel>"
    ))
}

fn only(text: &str) -> Channel {
    let mut channels = read(text.as_bytes()).unwrap();
    assert_eq!(channels.len(), 1);
    channels.remove(0)
}

fn response(inner: &str) -> Response {
    only(&channel(&format!("<Response>{inner}</Response>"))).response.unwrap()
}

fn declined(text: &str) -> bool {
    read(text.as_bytes()).is_err()
}

fn units(input: &str, output: &str) -> String {
    let unit = |tag, name: &str| {
        if name.is_empty() { String::new() } else { format!("<{tag}><Name>{name}</Name></{tag}>") }
    };
    unit("InputUnits", input) + &unit("OutputUnits", output)
}

fn fir(number: i64, input: &str, output: &str) -> String {
    format!(
        "<Stage number=\"{number}\"><FIR>{}<Symmetry>ODD</Symmetry><NumeratorCoefficient i=\"1\"> .5e+1 \
         </NumeratorCoefficient></FIR></Stage>",
        units(input, output)
    )
}

fn gain(number: i64) -> String {
    format!("<Stage number=\"{number}\">{GAIN}</Stage>")
}

/// Input and output units of all stages, `-` for none.
fn chain(stages: &[String]) -> String {
    let sensitivity = format!(
        "<InstrumentSensitivity><Value>1</Value><Frequency>1</Frequency>{}</InstrumentSensitivity>",
        units("M/S", "COUNTS")
    );
    let response = response(&(sensitivity + &stages.concat()));
    let name = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "-".to_owned());
    let pairs = response.stages.iter().map(|s| name(&s.input_units) + ">" + &name(&s.output_units));
    pairs.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_channel_with_its_epoch_place_and_orientation() {
    let found = only(&channel(
        "<Azimuth>360</Azimuth><Dip>-90</Dip><SampleRate>100.0</SampleRate><Unknown><Dip>1</Dip></Unknown>",
    ));
    let codes = [found.network, found.station, found.location, found.code];
    assert_eq!(codes, ["XX", "AAA", "", "BHZ"]);
    assert_eq!(found.place, [0, 0, 0]);
    assert_eq!(found.start, Some(951_825_600_500_000_000));
    assert_eq!(found.end, Some(19_880_899_199_000_000_000));
    assert_eq!((found.latitude, found.longitude, found.elevation), (48.5, -11.25, 500.0));
    assert_eq!((found.depth, found.azimuth, found.dip), (0.0, Some(360.0), Some(-90.0)));
    assert_eq!((found.sample_rate, found.response), (Some(100.0), None));
}

#[test]
fn stages_of_all_kinds() {
    let stages = [
        "<PolesZeros><PzTransferFunctionType>LAPLACE (HERTZ)</PzTransferFunctionType>\
         <NormalizationFactor>3</NormalizationFactor><NormalizationFrequency>1\
         </NormalizationFrequency><Zero number='2'><Real>1</Real><Imaginary>-2</Imaginary></Zero>\
         <Pole number='1'><Real minusError='1'>3</Real><Imaginary>4</Imaginary></Pole></PolesZeros>",
        "<Coefficients><CfTransferFunctionType>DIGITAL</CfTransferFunctionType><Numerator>1</Numerator>\
         <Numerator>2</Numerator><Denominator>3</Denominator></Coefficients>",
        "<FIR><Symmetry>EVEN</Symmetry><NumeratorCoefficient>1</NumeratorCoefficient></FIR>",
        "<ResponseList><ResponseListElement><Frequency>1</Frequency><Amplitude>2</Amplitude>\
         <Phase>3</Phase></ResponseListElement></ResponseList>",
        "<Polynomial><Coefficient number='0'>1</Coefficient><Coefficient>2</Coefficient></Polynomial>",
    ];
    let decimation =
        "<Decimation><InputSampleRate>8</InputSampleRate><Factor>2</Factor></Decimation>";
    let stages = stages.map(|kind| format!("<Stage number='7'>{kind}{decimation}{GAIN}</Stage>"));
    let response = response(&stages.concat());
    let kinds: Vec<_> = response.stages.iter().map(|stage| stage.kind.clone()).collect();
    let expected = [
        Kind::PolesZeros {
            domain: Domain::Hertz,
            zeros: vec![Complex64::new(1.0, -2.0)],
            poles: vec![Complex64::new(3.0, 4.0)],
            factor: 3.0,
            frequency: 1.0,
        },
        Kind::Coefficients { digital: true, numerator: vec![1.0, 2.0], denominator: vec![3.0] },
        Kind::Fir { stored: Stored::EvenHalf, coefficients: vec![1.0] },
        Kind::List { frequency: vec![1.0], amplitude: vec![2.0], phase: vec![3.0] },
        Kind::Polynomial { coefficients: vec![1.0, 2.0] },
    ];
    assert_eq!(kinds, expected);
    for stage in &response.stages {
        assert_eq!((stage.number, stage.gain, stage.gain_frequency), (7, Some(2.0), Some(1.0)));
        assert_eq!((stage.decimation.rate, stage.decimation.factor), (Some(8.0), Some(2)));
        assert_eq!(stage.decimation.correction, None);
    }
}

#[test]
fn missing_units_come_from_the_neighbours() {
    assert_eq!(chain(&[fir(1, "", ""), fir(2, "V", "")]), "M/S>V V>-");
    assert_eq!(chain(&[fir(1, "A", "B"), gain(2), gain(3)]), "A>B B>B B>B");
    assert_eq!(chain(&[gain(1), fir(2, "V", "C")]), "M/S>V V>C");
    assert_eq!(chain(&[gain(1)]), "M/S>-");
    let unclear = format!("<Response>{}{}</Response>", fir(1, "A", ""), gain(2));
    assert!(declined(&channel(&unclear)), "no unit for the gain");
}

#[test]
fn what_is_not_there_stays_open() {
    let empty = response("");
    assert_eq!(empty, Response::default());
    let sensitivity = response("<InstrumentSensitivity/>").sensitivity.unwrap();
    assert_eq!((sensitivity.value, sensitivity.input_units), (None, None));
    let series = "<InstrumentPolynomial><Coefficient>1</Coefficient></InstrumentPolynomial>";
    assert_eq!(response(series).polynomial, Some(vec![1.0]));
}

#[test]
fn harmless_company_is_passed_over() {
    let plain = channel("");
    let cases = [
        ("<Source/>", "<!-- a comment --><Source>a &amp; b &#x41;</Source >"),
        ("<Source/>", "<Source/><q:more xmlns:q=\"http://a.b/c\" q:d=\"e\"><q:f g='<>'/></q:more>"),
        (
            " schemaVersion",
            " xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:a='b' schemaVersion",
        ),
        ("\n<FDSN", "\r\n<!-- x -->\r\n<FDSN"),
        ("encoding=\"UTF-8\"", "encoding='utf-8' standalone=\"yes\""),
        ("<Depth>0</Depth>", "<Depth unit='METERS' plusError='1'> 0.0\n</Depth>"),
    ];
    let wherever = |channel| Channel { span: Span::default(), ..channel };
    let expected = wherever(only(&plain));
    for (old, new) in cases {
        let new = new.replace("g='<>'", "g='&lt;'");
        assert!(plain.contains(old));
        assert_eq!(wherever(only(&plain.replace(old, &new))), expected, "{new}");
    }
    assert_eq!(wherever(only(&format!("\u{feff}{plain}"))), expected);
    let latin =
        plain.replace("UTF-8", "ISO-8859-1").replace("<Source/>", "<Source>\u{fc}</Source>");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(read(&latin).unwrap().into_iter().map(wherever).collect::<Vec<_>>(), [expected]);
}

#[test]
fn documents_that_parsers_refuse_or_read_in_their_own_ways() {
    let plain = channel("");
    let deep = "<a>".repeat(200) + &"</a>".repeat(200);
    let long = format!("<Source>{}</Source>", "x".repeat(2 << 20));
    let many =
        format!("<Source {}/>", (0..99).map(|i| format!("a{i}='1'")).collect::<Vec<_>>().join(" "));
    let cases = [
        ("<?xml", "\n<?xml"),
        ("?>", "?>\u{feff}"),
        ("<?xml", "\u{feff}\u{feff}<?xml"),
        ("encoding", "standalone='no' encoding"),
        ("version=\"1.0\"", "version=\"1.1\""),
        ("UTF-8", "UTF-16"),
        ("<FDSN", "<!DOCTYPE a [<!ENTITY b 'c'>]><FDSN"),
        ("<FDSN", "<?b c?><FDSN"),
        ("schemaVersion=\"1.1\"", "schemaVersion=\"2.0\""),
        ("schemaVersion=\"1.1\"", "schemaVersion=\"1\""),
        ("station/1\"", "station/2\""),
        ("<Source/>", "<Source>&b;</Source>"),
        ("<Source/>", "<Source>a & b</Source>"),
        ("<Source/>", "<Source>&#0;</Source>"),
        ("<Source/>", "<Source>&#xD800;</Source>"),
        ("<Source/>", "<Source>]]></Source>"),
        ("<Source/>", "<Source>\u{1}</Source>"),
        ("<Source/>", "<Source>\u{ffff}</Source>"),
        ("<Source/>", "<Source><![CDATA[a]]></Source>"),
        ("<Source/>", "<Source a=\"1\"b=\"2\"/>"),
        ("<Source/>", "<Source a=\"1\" a=\"2\"/>"),
        ("<Source/>", "<Source a=\"<\"/>"),
        ("<Source/>", "<Source a=1/>"),
        ("<Source/>", "<Source a/>"),
        ("<Source/>", "<Source/ >"),
        ("<Source/>", "< Source/>"),
        ("<Source/>", "<Source></source>"),
        ("<Source/>", "<Source/></Source>"),
        ("<Source/>", "<q:Source/>"),
        ("<Source/>", "<Source q:a=\"1\"/>"),
        ("<Source/>", "<Source xmlns=\"\"/>"),
        ("<Source/>", "<Source xmlns:q=\"\"/>"),
        ("<Source/>", "<Source xmlns:q=\"http://a\" xmlns:r=\"http://a\" q:a=\"1\" r:a=\"2\"/>"),
        ("<Source/>", "<Source/><!-- a -- b -->"),
        ("<Source/>", "<Source/><!-->"),
        ("<Source/>", &deep),
        ("<Source/>", &long),
        ("<Source/>", &many),
        ("</FDSNStationXML>", ""),
        ("</FDSNStationXML>", "</FDSNStationXML>x"),
        ("</FDSNStationXML>", "</FDSNStationXML><a/>"),
    ];
    for (old, new) in cases {
        assert!(plain.contains(old));
        assert!(declined(&plain.replacen(old, new, 1)), "{old} -> {new:.80}");
    }
    for text in ["", " ", "<a/>", "\u{0}", "<", "<FDSNStationXML/>", "<?xml?>"] {
        assert!(declined(text), "{text}");
    }
    assert!(read(b"\xff\xfe<\0a\0").is_err());
}

#[test]
fn what_obspy_refuses_or_warns_of_is_declined() {
    let cases = [
        "<Depth>1</Depth>",
        "<Azimuth>361</Azimuth>",
        "<Dip>nan</Dip>",
        "<Dip></Dip>",
        "<Dip>1<!-- 2 --></Dip>",
        "<Dip>&#49;</Dip>",
        "<Dip>1e999</Dip>",
        "<Dip>1_0</Dip>",
        "<Dip plusError='a'>1</Dip>",
        "<ClockDrift>-1</ClockDrift>",
        "<WaterLevel>a</WaterLevel>",
        "<Identifier>a</Identifier>",
        "<Comment id='-1'/>",
        "<Comment><Author><Email>a</Email></Author></Comment>",
        "<Comment><Author><Phone><AreaCode>1</AreaCode></Phone></Author></Comment>",
        "<Sensor><CalibrationDate>soon</CalibrationDate></Sensor>",
        "<DataAvailability/>",
        "<Response/><Response/>",
        "<Response><Stage number='1'/></Response>",
        "<Response><Stage><StageGain/></Stage></Response>",
        "<Response><Stage number='1.0'><Polynomial/></Stage></Response>",
        "<Response><Stage number='1'><FIR><Symmetry>A</Symmetry></FIR></Stage></Response>",
        "<Response><Stage number='1'><FIR/><Coefficients/></Stage></Response>",
        "<Response><Stage number='1'><PolesZeros><PzTransferFunctionType>LAPLACE (HERTZ)\
         </PzTransferFunctionType></PolesZeros></Stage></Response>",
    ];
    for inner in cases {
        assert!(declined(&channel(inner)), "{inner}");
    }
    let changes = [
        (" code=\"BHZ\"", ""),
        (" locationCode=\"  \"", ""),
        ("code=\"BHZ\"", "code=\"BH\u{fc}\""),
        ("code=\"BHZ\"", "code=\"BH&#90;\""),
        ("2000-02-29T", "1900-02-29T"),
        ("2000-02-29T", "2000-2-29T"),
        ("12:00:00.5", "24:00:00"),
        ("12:00:00.5", "12:00:00.1234567"),
        ("12:00:00.5", "12:00:00+01:00"),
        ("<Site>", "<site>"),
        ("</Site>", "</Site><Operator/>"),
        ("<Created>2020-01-01T00:00:00Z</Created>", ""),
        ("<Source/>", ""),
        ("<Network ", "<Network sourceID='XX' "),
        ("<Latitude>48.5", "<Latitude>98.5"),
    ];
    for (old, new) in changes {
        let plain = channel("");
        assert!(plain.contains(old), "{old}");
        assert!(declined(&plain.replacen(old, new, 1).replace("</site>", "</Site>")), "{new}");
    }
}

proptest! {
    /// No document, however broken, does harm.
    #[test]
    fn broken_documents_end_without_a_panic(
        at in 0.0..1.0_f64, length in 0_usize..8, bytes in prop::collection::vec(any::<u8>(), 0..6),
    ) {
        let whole = channel(&format!("<Response>{}{}</Response>", fir(1, "M", "V"), gain(2)));
        let mut whole = whole.into_bytes();
        let begin = (at * whole.len() as f64) as usize;
        let end = (begin + length).min(whole.len());
        whole.splice(begin..end, bytes);
        let _ = read(&whole);
        let _ = read(&whole[..begin]);
    }
}
