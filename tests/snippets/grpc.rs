//! Bodies of gRPC requests that pages show as JSON for `grpcurl -d`: encoded with the descriptors, and sent.

use std::collections::BTreeMap;

use clio_proto::wire::{FILE_DESCRIPTOR_SET, QueryRequest};
use clio_proto::{CubeService as _, RemoteConfig, RemoteCubes, query_from_wire};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use serde_json::Value;

/// Sends a server what a body of a `QueryRequest` says.
pub(super) fn ask(place: &str, address: &str, text: &str) {
    let body: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}"));
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("the descriptors are whole");
    let types = Types::new(&set);
    let bytes = types.encode(place, ".clio.v1.QueryRequest", &body);
    let request =
        QueryRequest::decode(bytes.as_slice()).unwrap_or_else(|error| panic!("{place}: {error}"));
    let (query, snapshot) =
        query_from_wire(request).unwrap_or_else(|error| panic!("{place}: {error}"));
    let config = RemoteConfig { endpoints: vec![address.to_owned()], ..RemoteConfig::default() };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answer = runtime.block_on(async {
        let cubes = RemoteCubes::new(&config).expect("an address");
        cubes.query(query, snapshot).await
    });
    answer.unwrap_or_else(|error| panic!("{place}: {error}"));
}

/// The types of the contract by name.
struct Types<'a> {
    messages: BTreeMap<String, &'a DescriptorProto>,
    enums: BTreeMap<String, &'a EnumDescriptorProto>,
}

impl<'a> Types<'a> {
    fn new(set: &'a FileDescriptorSet) -> Self {
        let files = || set.file.iter();
        let name = |package: &str, name: &str| format!(".{package}.{name}");
        Self {
            messages: files()
                .flat_map(|file| file.message_type.iter().map(|own| (file.package(), own)))
                .map(|(package, own)| (name(package, own.name()), own))
                .collect(),
            enums: files()
                .flat_map(|file| file.enum_type.iter().map(|own| (file.package(), own)))
                .map(|(package, own)| (name(package, own.name()), own))
                .collect(),
        }
    }

    /// The bytes of a message; an unknown field, or a value of another type, fails.
    fn encode(&self, place: &str, type_name: &str, value: &Value) -> Vec<u8> {
        let message = self.messages[type_name];
        let object = value.as_object();
        let object = object.unwrap_or_else(|| panic!("{place}: `{value}` is no {type_name}"));
        let mut out = Vec::new();
        for (name, value) in object {
            let field = message.field.iter().find(|field| field.name() == name);
            let field = field.unwrap_or_else(|| panic!("{place}: {type_name} has no `{name}`"));
            match (field.label(), value) {
                (Label::Repeated, Value::Array(items)) => {
                    items.iter().for_each(|item| self.encode_field(place, field, item, &mut out));
                }
                (Label::Repeated, other) => panic!("{place}: `{name}` is no list: {other}"),
                (_, value) => self.encode_field(place, field, value, &mut out),
            }
        }
        out
    }

    fn encode_field(
        &self,
        place: &str,
        field: &FieldDescriptorProto,
        value: &Value,
        out: &mut Vec<u8>,
    ) {
        let number = u32::try_from(field.number()).expect("numbers are above 0");
        let wrong = || -> ! { panic!("{place}: `{}` cannot be {value}", field.name()) };
        let mut bytes = |bytes: &[u8]| {
            encode_key(number, WireType::LengthDelimited, out);
            encode_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        };
        match field.r#type() {
            Type::Message => bytes(&self.encode(place, field.type_name(), value)),
            Type::String => bytes(value.as_str().unwrap_or_else(|| wrong()).as_bytes()),
            Type::Double => {
                encode_key(number, WireType::SixtyFourBit, out);
                out.extend(value.as_f64().unwrap_or_else(|| wrong()).to_le_bytes());
            }
            kind => {
                let whole = match kind {
                    Type::Bool => value.as_bool().map(u64::from),
                    Type::Uint32 | Type::Uint64 => value.as_u64(),
                    Type::Int64 => value.as_i64().map(i64::cast_unsigned),
                    Type::Enum => self.enums[field.type_name()]
                        .value
                        .iter()
                        .find(|own| Some(own.name()) == value.as_str())
                        .and_then(|own| u64::try_from(own.number()).ok()),
                    other => panic!("{place}: tests/snippets/grpc.rs knows no {other:?}"),
                };
                encode_key(number, WireType::Varint, out);
                encode_varint(whole.unwrap_or_else(|| wrong()), out);
            }
        }
    }
}
